import java.io.FileInputStream;
import java.io.InputStream;
import java.util.Map;
import java.util.TreeMap;
import java.util.logging.LogManager;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;
import org.verapdf.pdfa.validation.profiles.Profiles;
import org.verapdf.pdfa.validation.profiles.ValidationProfile;
import org.verapdf.pdfa.validation.validators.ValidatorFactory;

/** Validates PDF files against PDF/A-3a and PDF/UA-1 with the engine of veraPDF. Exit code 1: one does not conform. */
public class Conforms {
  private static final Map<String, String> PROFILES = Map.of("3a", "PDFA-3A", "ua1", "PDFUA-1");
  private static final int MOST_FAILURES = 200;

  public static void main(String[] files) throws Exception {
    LogManager.getLogManager().reset();
    VeraGreenfieldFoundryProvider.initialise();
    boolean good = files.length > 0;
    for (String file : files) {
      for (String flavour : new String[] {"3a", "ua1"}) {
        good &= conforms(file, flavour);
      }
    }
    System.exit(good ? 0 : 1);
  }

  private static boolean conforms(String file, String name) throws Exception {
    PDFAFlavour flavour = PDFAFlavour.fromString(name);
    try (PDFAParser parser = Foundries.defaultInstance().createParser(new FileInputStream(file), flavour)) {
      ValidationResult result =
          ValidatorFactory.createValidator(profile(name), MOST_FAILURES, false, true, false).validate(parser);
      String verdict = result.isCompliant() ? "conforms to" : "DOES NOT CONFORM to";
      System.out.printf("%s %s %s (%,d assertions)%n", file, verdict, name, result.getTotalAssertions());
      broken(result).forEach((rule, example) -> System.out.printf("   %s %s%n", rule, example));
      return result.isCompliant();
    }
  }

  private static ValidationProfile profile(String name) throws Exception {
    String place = "/org/verapdf/pdfa/validation/" + PROFILES.get(name) + ".xml";
    try (InputStream source = Conforms.class.getResourceAsStream(place)) {
      return Profiles.profileFromXml(source);
    }
  }

  /** The rules that are broken, each with its first example. */
  private static Map<String, String> broken(ValidationResult result) {
    Map<String, String> found = new TreeMap<>();
    for (TestAssertion test : result.getTestAssertions()) {
      if (test.getStatus() == TestAssertion.Status.FAILED) {
        String rule = test.getRuleId().getClause() + "-" + test.getRuleId().getTestNumber();
        found.putIfAbsent(rule, test.getMessage() + " at " + test.getLocation().getContext());
      }
    }
    return found;
  }
}
