// Signs requests as docs/integration.md says (SUBSIDY-HMAC-SM3, version 2). Needs Sm3.java and nothing else.

package subsidy;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;

/**
 * A platform's key.
 *
 * @param app id of the API client
 * @param key number of the key
 * @param secret as it was shown when the key was made: 32 bytes in base64url
 */
public record Signature(String app, int key, String secret) {
    private static final String SCHEME = "SUBSIDY-HMAC-SM3";
    private static final String VERSION = "2";

    /**
     * What is signed of the headers, each exactly as it is sent; an empty text for one that is not sent.
     *
     * @param contentType with its parameters, such as a form's boundary
     */
    public record Headers(String ifMatch, String idempotencyKey, String contentType) {}

    /**
     * The Authorization header of one attempt.
     *
     * @param body exactly the bytes that are sent; none without a body
     * @param timestamp seconds since 1970, at most 300 from the service's clock
     * @param nonce a new one for every attempt
     */
    public String authorize(
            String method, URI address, Headers headers, byte[] body, long timestamp, String nonce) {
        String digest = HexFormat.of().formatHex(Sm3.hash(body));
        String query = address.getRawQuery() == null ? "" : address.getRawQuery();
        String text = String.join("\n",
            SCHEME, VERSION, app, String.valueOf(key), String.valueOf(timestamp), nonce,
            method, address.getRawPath(), query,
            headers.ifMatch(), headers.idempotencyKey(), headers.contentType(), digest);
        byte[] decoded = Base64.getUrlDecoder().decode(secret);
        String signature = HexFormat.of().formatHex(Sm3.hmac(decoded, text.getBytes(StandardCharsets.UTF_8)));
        return SCHEME + " version=" + VERSION + ", app=" + app + ", key=" + key + ", timestamp=" + timestamp
            + ", nonce=" + nonce + ", digest=" + digest + ", signature=" + signature;
    }
}
