r"""The documented examples of filter patterns: pattern, message, whether it matches, and the page that says so.

Pages of the Amazon CloudWatch Logs User Guide and API Reference, read 2026-11-23. An example of a page that does not
print a message has one that the sentence beside it describes.
"""

from typing import NamedTuple

SYNTAX = "FilterAndPatternSyntax.html"
REGEX = "FilterAndPatternSyntax.html#regex-expressions"
TERMS = "FilterAndPatternSyntax.html#matching-terms-unstructured-log-events"
JSON = "FilterAndPatternSyntax.html#matching-terms-json-log-events"
FIELDS = "FilterAndPatternSyntax.html#matching-term-space-delimited-log-events"
EARLIER = "FilterAndPatternSyntax.html, edition of 2021 (awsdocs/amazon-cloudwatch-logs-user-guide)"
METRIC = "FilterAndPatternSyntaxForMetricFilters.html"
LIGHTSAIL = "Lightsail API_GetContainerLog.html"
CIS = "Security Hub cloudwatch-controls.html"


class Example(NamedTuple):
    pattern: str
    message: str
    matches: bool
    page: str


BAD = "[ERROR 400] BAD REQUEST"
UNAUTHORIZED = "[ERROR 401] UNAUTHORIZED REQUEST"
MISSING = "[ERROR 419] MISSING ARGUMENTS"
INVALID = "[ERROR 420] INVALID ARGUMENTS"
TRAIL = (
    '{"eventType":"UpdateTrail","sourceIPAddress":"111.111.111.111","arrayKey":["value","another value"],'
    '"objectList":[{"name":"a","id":1},{"name":"b","id":2}],"SomeObject":null,"cluster.name":"c"}'
)
FLAG = '{"eventType":"UpdateTrail","ThisFlag":true,"ThatFlag":false,"SomeObject":null}'
USERS = (
    '{"user":{"id":1,"email":"John.Stiles@example.com"},"users":[{"id":2,"email":"John.Doe@example.com"},'
    '{"id":3,"email":"Jane.Doe@example.com"}],"actions":["GET","PUT","DELETE"],'
    '"coordinates":[[0,1,2],[4,5,6],[7,8,9]]}'
)
REQUEST = '127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534'
GIF = '127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /apache_pb.gif HTTP/1.0" 200 1534'
GIF_500 = '127.0.0.1 - frank [10/Oct/2000:13:35:22 -0700] "GET /apache_pb.gif HTTP/1.0" 500 5324'
INFO = "INFO 09/25/2014 12:00:00 GET /service/resource/67 1200"
PART = "INFO 09/25/2014 12:00:01 POST /service/resource/67/part/111 1310"
WARNING = "WARNING 09/25/2014 12:00:02 Invalid user request"
ERROR = "ERROR 09/25/2014 12:00:02 Failed to process request"
SEVEN = "[ip, user, username, timestamp, request, status_code, bytes]"
ROOT = '{"userIdentity":{"type":"Root"},"eventType":"AwsApiCall"}'
ROOT_INVOKED = '{"userIdentity":{"type":"Root","invokedBy":"s3.amazonaws.com"},"eventType":"AwsApiCall"}'


def each(pattern: str, page: str, *, yes: tuple[str, ...] = (), no: tuple[str, ...] = ()) -> list[Example]:
    return [Example(pattern, message, found, page) for found, group in ((True, yes), (False, no)) for message in group]


EXAMPLES: list[Example] = [
    # Regular expressions
    *each("%AUTHORIZED%", REGEX, yes=(UNAUTHORIZED, "[SUCCESS 200] AUTHORIZED REQUEST"), no=(BAD,)),
    *each("%^[hc]at%", REGEX, yes=("hat", "cat"), no=("a hat", "bat")),
    *each("%[hc]at$%", REGEX, yes=("hat", "the cat"), no=("hats", "bat")),
    *each("%colou?r%", REGEX, yes=("color", "colour"), no=("colouur",)),
    *each("%[abc]%", REGEX, yes=("a", "b", "c"), no=("d",)),
    *each("%[a-z]%", REGEX, yes=("q",), no=("Q", "7")),
    *each("%[abcx-z]%", REGEX, yes=("a", "y", "z"), no=("d", "w")),
    *each("%^a{3,5}$%", REGEX, yes=("aaa", "aaaa", "aaaaa"), no=("aa", "aaaaaa")),
    *each("%^a{,2}$%", REGEX, yes=("", "aa"), no=("aaa",)),
    *each("%^a{2,}$%", REGEX, yes=("aa", "aaaaaaa"), no=("a",)),
    *each("%gra|ey%", REGEX, yes=("gray", "grey"), no=("gry",)),
    *each(
        "%^starting|^initializing|^shutting down%", REGEX,
        yes=("starting ...", "initializing ...", "shutting down"), no=("skipping initializing ...",),
    ),
    *each("%abcc|ab[^c]$%", REGEX, yes=("abcc ...", "aba"), no=("aac ...", "abc")),
    *each(r"%\[.\]%", REGEX, yes=("[a]", "[b]", "[7]", "[@]", "[]]", "[ ]"), no=("[]", "a")),
    *each(r"%10\.10\.0\.1%", REGEX, yes=("10.10.0.1",), no=("10010,051",)),
    *each("%10.10.0.1%", REGEX, yes=("10.10.0.1", "10010,051")),
    *each("%ab*c%", REGEX, yes=("ac", "abc", "abbbc"), no=("ab",)),
    *each("%ab[0-9]*%", REGEX, yes=("ab", "ab0", "ab129"), no=("a1",)),
    *each("%ab+c%", REGEX, yes=("abc", "abbc", "abbbc"), no=("ac",)),
    *each("%.at%", REGEX, yes=("hat", "cat", "bat", "4at", "#at", " at"), no=("at",)),
    *each(r"%\d%", REGEX, yes=("a1",), no=("a",)),
    *each(r"%^\D$%", REGEX, yes=("a",), no=("1",)),
    *each(r"%^\s$%", REGEX, yes=(" ", "\t", "\n"), no=("a",)),
    *each(r"%^\S$%", REGEX, yes=("a",), no=(" ",)),
    *each(r"%^\w$%", REGEX, yes=("a", "Z", "_", "0"), no=("-",)),
    *each(r"%^\W$%", REGEX, yes=("-",), no=("_",)),
    *each(r"%\x3A%", REGEX, yes=("a:b",), no=("ab",)),
    *each(r"%\x28%", REGEX, yes=("f(x)",), no=("fx",)),
    # Terms in unstructured messages
    *each("ERROR", TERMS, yes=(BAD, UNAUTHORIZED, MISSING, INVALID), no=("[error 400] bad request",)),
    *each("ERROR ARGUMENTS", TERMS, yes=(MISSING, INVALID), no=(BAD, UNAUTHORIZED)),
    *each("?ERROR ?ARGUMENTS", TERMS, yes=(BAD, UNAUTHORIZED, MISSING, INVALID), no=("[INFO 200] OK",)),
    *each(
        "?ERROR ?ARGUMENTS REQUEST", TERMS,
        yes=("[INFO] REQUEST FAILED", "[WARN] UNAUTHORIZED REQUEST", "[ERROR] 400 BAD REQUEST"), no=(MISSING,),
    ),
    *each('"INTERNAL SERVER ERROR"', TERMS, yes=("[ERROR 500] INTERNAL SERVER ERROR",), no=("INTERNAL ERROR SERVER",)),
    *each("ERROR -ARGUMENTS", TERMS, yes=(BAD, UNAUTHORIZED), no=(MISSING, INVALID)),
    *each('" "', TERMS, yes=(BAD, "word", ""), no=()),
    *each("ERROR", EARLIER, yes=("[ERROR] A fatal exception has occurred", "Exiting with ERRORCODE: -1")),
    *each('"ERROR" - "Exiting"', EARLIER, yes=("[ERROR] A fatal exception",), no=("Exiting with ERRORCODE: -1",)),
    *each("ERROR Exception", EARLIER, yes=("[ERROR] Caught IllegalArgumentException", "[ERROR] Unhandled Exception")),
    *each(
        '"Failed to process the request"', EARLIER,
        yes=("[WARN] Failed to process the request", "[ERROR] Unable to continue: Failed to process the request"),
    ),
    *each("?ERROR ?WARN", EARLIER, yes=("ERROR WARN message", "ERROR message", "WARN message")),
    *each("ERROR WARN", EARLIER, yes=("ERROR WARN message",), no=("ERROR message", "WARN message")),
    *each("ERROR -WARN", EARLIER, yes=("ERROR message",), no=("ERROR WARN message", "WARN message")),
    *each("", LIGHTSAIL, yes=("anything", "")),
    *each("-ERROR", LIGHTSAIL, yes=("[INFO] fine",), no=(BAD,)),
    # JSON
    *each('{ $.eventType = "UpdateTrail" }', JSON, yes=(TRAIL, FLAG), no=('{"eventType":"StopTrail"}', "UpdateTrail")),
    *each(
        "{ $.sourceIPAddress != 123.123.* }", JSON,
        yes=(TRAIL,), no=('{"sourceIPAddress":"123.123.4.5"}', '{"sourceIPAddress":["1.2.3.4"]}'),
    ),
    *each('{ $.arrayKey[0] = "value" }', JSON, yes=(TRAIL,), no=('{"arrayKey":"value"}', '{"arrayKey":["other"]}')),
    *each("{ $.eventType = %Trail% }", JSON, yes=(TRAIL,), no=('{"eventType":"trail"}',)),
    *each("{ $.arrayKey[*] = %val.{2}% }", JSON, yes=(TRAIL,), no=('{"arrayKey":["none"]}', '{"arrayKey":[]}')),
    *each(r"{ $.* = %111\.111\.111\.1[0-9]{1,2}% }", JSON, yes=(TRAIL,), no=(FLAG,)),
    *each("{ $.['cluster.name'] = \"c\" }", JSON, yes=(TRAIL,), no=('{"cluster":{"name":"c"}}',)),
    *each("{ $.SomeObject IS NULL }", JSON, yes=(TRAIL,), no=('{"SomeObject":"null"}', "{}")),
    *each("{ $.SomeOtherObject NOT EXISTS }", JSON, yes=(TRAIL,), no=('{"SomeOtherObject":null}',)),
    *each("{ $.ThisFlag IS TRUE }", EARLIER, yes=(FLAG,), no=('{"ThisFlag":false}', '{"ThisFlag":"true"}', "{}")),
    *each("{ $.ThatFlag IS FALSE }", EARLIER, yes=(FLAG,), no=('{"ThatFlag":0}',)),
    *each("{ $.objectList[1].id = 2 }", EARLIER, yes=(TRAIL,), no=('{"objectList":[{"id":2}]}', '{"objectList":2}')),
    *each("{ $.users = 1 }", EARLIER, no=('{"users":[1,2,3]}',)),
    *each("{ $.users != 1 }", EARLIER, no=('{"users":[1,2,3]}', '{"users":{"a":2}}')),
    *each("{$.foo = bar}", EARLIER, yes=('{"foo":"bar"}',), no=('{"foo":"baz"}',)),
    *each("{$.foo = baz }", EARLIER, yes=('{"foo":"baz"}',), no=('{"foo":"bar"}',)),
    *each("{$.foo = bar || $.foo = baz }", EARLIER, yes=('{"foo":"bar"}', '{"foo":"baz"}'), no=('{"foo":"qux"}',)),
    *each('{ $.e = "*Event" }', EARLIER, yes=('{"e":"PutEvent"}', '{"e":"GetEvent"}'), no=('{"e":"EventId"}',)),
    *each('{ $.e = "Event*" }', EARLIER, yes=('{"e":"EventId"}', '{"e":"EventName"}'), no=('{"e":"PutEvent"}',)),
    *each("{ $.bandwidth > 75 }", JSON, yes=('{"bandwidth":76}',), no=('{"bandwidth":75}',)),
    *each("{ $.latency < 50 }", JSON, yes=('{"latency":49.9}',), no=('{"latency":50}',)),
    *each("{ $.refreshRate >= 60 }", JSON, yes=('{"refreshRate":60}',), no=('{"refreshRate":59}',)),
    *each("{ $.responseTime <= 5 }", JSON, yes=('{"responseTime":5}',), no=('{"responseTime":6}',)),
    *each("{ $.errorCode = 400}", JSON, yes=('{"errorCode":400}',), no=('{"errorCode":401}',)),
    *each("{ $.errorCode != 500 }", JSON, yes=('{"errorCode":400}',), no=('{"errorCode":500}',)),
    *each("{ $.number[0] = 1e+3 }", JSON, yes=('{"number":[1000]}', '{"number":[1e3]}'), no=('{"number":[100]}',)),
    *each("{ $.number[0] != 1e-3 }", JSON, yes=('{"number":[1]}',), no=('{"number":[0.001]}',)),
    *each("{ $.numbers[0] < 10e3 }", EARLIER, yes=('{"numbers":[9999]}',), no=('{"numbers":[10000]}',)),
    *each("{ $.numbers[0] < 10e-3 }", EARLIER, yes=('{"numbers":[0.009]}',), no=('{"numbers":[0.01]}',)),
    *each("{ $.processes[4].averageRuntime <= 55.5 }", EARLIER, no=('{"processes":[{"averageRuntime":1}]}',)),
    *each("{ $.latency > +1000 }", EARLIER, yes=('{"latency":1001}',), no=('{"latency":-1001}',)),
    *each("{ $.latency = * }", METRIC, yes=('{"latency":50,"requestType":"GET"}',), no=('{"requestType":"GET"}',)),
    *each('{ ($.user.id = 1) && ($.users[0].email = "John.Doe@example.com") }', JSON, yes=(USERS,), no=(TRAIL,)),
    *each(
        '{ $.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = "nonmatch" && $.actions[2] = "nonmatch" }',
        JSON, yes=(USERS,),
    ),
    *each(
        '{ ($.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = "nonmatch")'
        ' && $.actions[2] = "nonmatch" }',
        JSON, no=(USERS,),
    ),
    *each('{ ($.user.id = 2 && $.users[0].email = "nonmatch") || $.actions[2] = "GET" }', JSON, no=(USERS,)),
    *each("{ $.coordinates[1][2] = 6 }", JSON, yes=(USERS,)),
    *each(
        '{$.userIdentity.type="Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType !="AwsServiceEvent"}',
        CIS, yes=(ROOT,), no=(ROOT_INVOKED, '{"userIdentity":{"type":"Root"},"eventType":"AwsServiceEvent"}'),
    ),
    *each(
        '{($.errorCode="*UnauthorizedOperation") || ($.errorCode="AccessDenied*")}', CIS,
        yes=('{"errorCode":"Client.UnauthorizedOperation"}', '{"errorCode":"AccessDeniedException"}'),
        no=('{"errorCode":"Throttling"}',),
    ),
    *each(
        "{($.eventSource=kms.amazonaws.com) && (($.eventName=DisableKey) || ($.eventName=ScheduleKeyDeletion))}", CIS,
        yes=('{"eventSource":"kms.amazonaws.com","eventName":"DisableKey"}',),
        no=('{"eventSource":"kms.amazonaws.com","eventName":"CreateKey"}',),
    ),
    # Fields
    *each(
        r"[ip=%127\.0\.0\.[1-9]%, user, username, timestamp, request =*.html*, status_code = 4*, bytes]", FIELDS,
        yes=(REQUEST,), no=(GIF, REQUEST.replace("127.0.0.1", "10.0.0.1")),
    ),
    *each("[..., request =*.html*, status_code = 4*, bytes]", FIELDS, yes=(REQUEST,), no=(GIF, GIF_500)),
    *each(
        "[ip, user, username, timestamp, request =*.html*, status_code = 404 || status_code = 410, bytes]", FIELDS,
        yes=(REQUEST, REQUEST.replace("404", "410")), no=(REQUEST.replace("404", "403"),),
    ),
    *each("[w1=ERROR, w2]", FIELDS, yes=(ERROR,), no=(INFO, PART, WARNING)),
    *each("[w1=ERROR || w1=WARNING, w2]", FIELDS, yes=(ERROR, WARNING), no=(INFO, PART)),
    *each("[w1!=ERROR && w1!=WARNING, w2]", FIELDS, yes=(INFO, PART), no=(ERROR, WARNING)),
    *each(
        "[logLevel, date, time, method, url=%/service/resource/[0-9]+$%, response_time]", FIELDS,
        yes=(INFO,), no=(PART, WARNING, ERROR),
    ),
    *each(
        "[logLevel, date, time, method, url=%/service/resource/[0-9]+/part/[0-9]+$%, response_time]", FIELDS,
        yes=(PART,), no=(INFO,),
    ),
    *each(SEVEN, EARLIER, yes=(GIF, GIF_500), no=("too few fields",)),
    *each("[..., status_code, bytes]", EARLIER, yes=(GIF,), no=("one",)),
    *each("[ip, user, ..., status_code, bytes]", EARLIER, yes=(GIF, "a b c d"), no=("a b c",)),
    *each("[ip, user, ...]", EARLIER, yes=(GIF, "a b"), no=("a",)),
    *each("[ip, user, username, timestamp, request, status_code, bytes > 1000]", EARLIER, yes=(GIF, GIF_500)),
    *each("[ip, user, username, timestamp, request, status_code = 200, bytes]", EARLIER, yes=(GIF,), no=(GIF_500,)),
    *each("[ip, user, username, timestamp, request, status_code = 4*, bytes]", EARLIER, yes=(REQUEST,), no=(GIF,)),
    *each(
        "[ip, user, username, timestamp, request = *html*, status_code = 4*, bytes]", EARLIER,
        yes=(REQUEST,), no=(GIF, GIF_500),
    ),
    *each(
        "[ip, user, username, timestamp, request, status_code = 4* && status_code != 403, bytes]", EARLIER,
        yes=(REQUEST,), no=(REQUEST.replace("404", "403"), GIF),
    ),
    *each("[..., request=*.html*, status_code=4*,]", EARLIER, yes=(REQUEST,), no=(GIF,)),
]  # fmt: skip
