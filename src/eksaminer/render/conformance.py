"""What makes the PDF conform to PDF/A-3a and PDF/UA-1 at once: WeasyPrint writes the marks of one of them alone."""

from typing import Any

VARIANT = "pdf/a-3a"

_END = b"</rdf:RDF>"
_UNIVERSAL_ACCESS = b"""\
<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/"><pdfuaid:part>1</pdfuaid:part>\
</rdf:Description>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/" \
xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA identification</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name>
<pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Part of ISO 14289 that the file conforms to</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description>
"""
"""The identification of PDF/UA-1, and the extension schema that PDF/A asks for because it does not know that name."""


def finish(_document: Any, pdf: Any) -> None:
    """Complete *pdf* before it is written: say that it is PDF/UA-1, too, and name each attachment once.

    The two go into the same `rdf:RDF` as the marks of PDF/A: validators do not look into a second one.
    """
    metadata = _object(pdf, pdf.catalog["Metadata"])
    (packet,) = metadata.stream
    head, end, tail = packet.partition(_END)
    metadata.stream = [head + _UNIVERSAL_ACCESS + end + tail]
    if "AF" in pdf.catalog:
        files = pdf.catalog["AF"]
        files[:] = dict.fromkeys(files)


def _object(pdf: Any, reference: bytes) -> Any:
    return pdf.objects[int(reference.split()[0])]
