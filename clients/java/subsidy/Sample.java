// What a platform does: asks whether somebody would qualify, or submits an application. And a self-test of the signature.
// Usage: java -cp build subsidy.Sample --self-test
//        java -cp build subsidy.Sample check 360299197205110016 王建国
//        java -cp build subsidy.Sample submit 360299197205111035 王建国

package subsidy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;
import java.util.UUID;

public final class Sample {
    private static int passed = 0;
    private static int failed = 0;

    private Sample() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        String task = arguments.length > 0 ? arguments[0] : "";
        String identityNumber = arguments.length > 1 ? arguments[1] : "360299197205111035";
        String name = arguments.length > 2 ? arguments[2] : "王建国";
        switch (task) {
            case "--self-test" -> selfTest();
            case "check" -> check(client(), identityNumber, name);
            case "submit" -> submit(client(), identityNumber, name);
            default -> {
                System.err.println("用法 · usage: subsidy.Sample --self-test | check | submit [证件号码 姓名]");
                System.exit(2);
            }
        }
    }

    /** By token, by signed requests, or by client credentials: of the sandbox, unless told otherwise. */
    private static SubsidyClient client() {
        String baseUrl = setting("BASE_URL", "http://127.0.0.1:3000");
        String token = setting("TOKEN", "");
        String app = setting("APP_ID", "");
        if (!token.isEmpty()) return SubsidyClient.withToken(baseUrl, token);
        if (!app.isEmpty()) {
            int key = Integer.parseInt(setting("APP_KEY", "1"));
            Signature signature = new Signature(app, key, setting("APP_SECRET", ""));
            return SubsidyClient.signing(baseUrl, signature);
        }
        URI tokenUrl = URI.create(setting("TOKEN_URL", baseUrl + "/sandbox/issuer/token"));
        String clientId = setting("CLIENT_ID", "platform-ganfutong");
        return SubsidyClient.withCredentials(baseUrl, tokenUrl, clientId, setting("CLIENT_SECRET", "sandbox"));
    }

    private static String setting(String name, String otherwise) {
        String value = System.getenv(name);
        return value == null || value.isEmpty() ? otherwise : value;
    }

    /** In a platform the name, the login and the consent come from its session. */
    private static void check(SubsidyClient client, String identityNumber, String name)
            throws IOException, InterruptedException {
        String at = Instant.now().minusSeconds(60).toString();
        String question = """
            {
              "identityNumber": %s, "name": %s, "quarter": "2025Q2",
              "authentication": { "method": "provincial-identity", "at": "%s", "sessionId": "sample-session" },
              "consent": { "version": "sample-1", "at": "%s" }
            }""".formatted(Json.quote(identityNumber), Json.quote(name), at, at);
        var answer = client.post("/v1/eligibility-checks", "application/json", utf8(question)).json();
        var assessment = Json.object(answer.get("assessment"));
        for (Object month : Json.list(assessment.get("months"))) {
            System.out.println(Json.object(month).get("month") + " " + Json.object(month).get("outcome"));
        }
    }

    /** Open a draft, add its materials, submit what was seen, read it again. */
    private static void submit(SubsidyClient client, String identityNumber, String name)
            throws IOException, InterruptedException {
        String application = """
            {
              "channel": "ganfutong", "quarter": "2025Q2", "months": ["2025-04", "2025-05"],
              "applicant": { "identityNumber": %s, "name": %s, "phone": "13900000000" },
              "household": { "streetCode": "360203007" },
              "account": { "bank": "景德镇农商银行", "number": "6217000000000001236", "holder": %s },
              "work": { "kind": "platform", "since": "2024-03-01", "place": "珠山区外卖配送" },
              "undertaking": {
                "version": "jdz-2024-139", "signedAt": "2025-07-05T01:30:00Z", "method": "online-confirmation"
              }
            }""".formatted(Json.quote(identityNumber), Json.quote(name), Json.quote(name));
        var draft = client.post("/v1/applications", "application/json", utf8(application)).json();
        System.out.println(draft.get("caseNumber") + " " + draft.get("state"));

        String address = "/v1/applications/" + draft.get("id");
        for (Object material : Json.list(draft.get("materialsRequired"))) {
            Map<String, Object> wanted = Json.object(material);
            if (wanted.get("waivedBy") == null) addMaterial(client, address, (String) wanted.get("kind"));
        }

        String seen = client.get(address).etag();
        client.postIfMatch(address + "/submission", seen).json();
        Map<String, Object> submitted = client.get(address).json();
        System.out.println(submitted.get("caseNumber") + " " + submitted.get("state"));
    }

    /** A form with the kind and the file. A platform sends the applicant's own picture; this is one grey pixel. */
    private static void addMaterial(SubsidyClient client, String address, String kind)
            throws IOException, InterruptedException {
        byte[] picture = Base64.getDecoder().decode(
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==");
        String boundary = "subsidy-" + UUID.randomUUID();
        ByteArrayOutputStream form = new ByteArrayOutputStream();
        String part = "--" + boundary + "\r\nContent-Disposition: form-data; name=";
        String named = "\"content\"; filename=\"" + kind + ".png\"";
        form.writeBytes(utf8(part + "\"kind\"\r\n\r\n" + kind + "\r\n"));
        form.writeBytes(utf8(part + named + "\r\nContent-Type: image/png\r\n\r\n"));
        form.writeBytes(picture);
        form.writeBytes(utf8("\r\n--" + boundary + "--\r\n"));
        String contentType = "multipart/form-data; boundary=" + boundary;
        client.post(address + "/materials", contentType, form.toByteArray()).json();
    }

    /** SM3 against its standard, the signature against docs/integration.md. Exits with 1 when one differs. */
    private static void selfTest() {
        equal("SM3 abc", HexFormat.of().formatHex(Sm3.hash(utf8("abc"))),
            "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
        equal("SM3 abcd × 16", HexFormat.of().formatHex(Sm3.hash(utf8("abcd".repeat(16)))),
            "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732");
        ByteArrayOutputStream hashes = new ByteArrayOutputStream();
        for (int length = 0; length <= 200; length++) hashes.writeBytes(Sm3.hash(new byte[length]));
        equal("SM3 of 0 to 200 zeros, of their hashes", HexFormat.of().formatHex(Sm3.hash(hashes.toByteArray())),
            "cbb641d122ab06af22a3f8668c0e2b8eb527942d98d409ab4d0ff649dd3cae71");

        String body = """
            {"identityNumber":"360299197205110016","name":"王建国","quarter":"2025Q2",\
            "authentication":{"method":"provincial-identity","at":"2025-07-05T01:30:00Z","sessionId":"s-1"},\
            "consent":{"version":"gft-2025-1","at":"2025-07-05T01:30:00Z"}}""";
        Signature signature =
            new Signature("ganfutong-batch", 1, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8");
        equal("GET", signature.authorize("GET",
            URI.create("https://subsidy.example/v1/applications?state=submitted&limit=50"),
            new Signature.Headers("", "", ""), new byte[0], 1751680800, "0197d8a1-4b00-7000"),
            expected("1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b",
                "292bad665a5afe014d15a1040cd9812a8148a8c836beb823c501a7d8443206ea"));
        equal("POST", signature.authorize("POST",
            URI.create("https://subsidy.example/v1/eligibility-checks"),
            new Signature.Headers("\"1\"", "0197d8a1-4b00-7001", "application/json"),
            utf8(body), 1751680800, "0197d8a1-4b00-7000"),
            expected("da98c29740a114e7f488e7073a56db926e242dafd9248a0583baa4f60023cb38",
                "597bbfbaf132c0d5f3fa41c07e0c3b9ce5687c662668f61497a5f06946b30d48"));
        System.out.println(passed + " passed, " + failed + " failed");
        if (failed > 0) System.exit(1);
    }

    private static String expected(String digest, String signature) {
        return "SUBSIDY-HMAC-SM3 version=2, app=ganfutong-batch, key=1, timestamp=1751680800,"
            + " nonce=0197d8a1-4b00-7000, digest=" + digest + ", signature=" + signature;
    }

    private static void equal(String what, String found, String wanted) {
        boolean isEqual = found.equals(wanted);
        if (isEqual) passed++;
        else failed++;
        System.out.println((isEqual ? "ok " : "not ok ") + what);
        if (!isEqual) System.out.println("  " + found + "\n  " + wanted);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
