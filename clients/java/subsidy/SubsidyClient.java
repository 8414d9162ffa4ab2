// Calls the service: a token by client credentials or a signature on each attempt, one Idempotency-Key for each call that changes
// something, and retries where the service says that they help.

package subsidy;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/** Not for several threads at once where it fetches tokens: give each its own, or guard it. */
public final class SubsidyClient {
    private static final int MOST_ATTEMPTS = 5;
    /** A longer Retry-After is not waited for: its answer is returned. */
    private static final Duration MOST_WAIT = Duration.ofSeconds(60);
    private static final Duration ATTEMPT = Duration.ofSeconds(60);
    /** A token is renewed so long before its end. */
    private static final long MARGIN_SECONDS = 60;
    /** Their answers show a secret once, and take no key: without an answer look first whether they were done. */
    private static final String UNREPEATABLE = "/v1/(api-clients(/.*)?|webhooks(/[^/]+/secrets)?)";

    /** How an attempt is authorized. */
    private interface Authorizer {
        String authorize(Call call) throws IOException, InterruptedException;

        /** Forgets a token that was refused; says whether another can be had. */
        default boolean renew() {
            return false;
        }
    }

    /** What stays the same over all attempts. */
    private record Call(
        String method, URI address, String ifMatch, String idempotencyKey, String contentType, byte[] body) {}

    /** What came back. */
    public record Answer(int status, HttpHeaders headers, byte[] body) {
        public String text() {
            return new String(body, StandardCharsets.UTF_8);
        }

        /** The body of a success; otherwise throws with the problem's code and what to do. */
        public Map<String, Object> json() {
            Map<String, Object> read = Json.object(Json.read(text()));
            if (status < 300) return read;
            throw new IllegalStateException(status + " " + read.get("code") + ": " + read.get("detail"));
        }

        /** The version seen, to be sent as If-Match. */
        public String etag() {
            return headers.firstValue("etag").orElse("");
        }
    }

    // Version 1.1: over plain HTTP the JDK would otherwise ask the server to change to HTTP/2.
    private static final HttpClient HTTP = HttpClient.newBuilder()
        .version(HttpClient.Version.HTTP_1_1)
        .connectTimeout(Duration.ofSeconds(10))
        .build();

    private final String baseUrl;
    private final Authorizer authorizer;

    private SubsidyClient(String baseUrl, Authorizer authorizer) {
        this.baseUrl = baseUrl;
        this.authorizer = authorizer;
    }

    /** With signed requests, for a platform that cannot fetch a token. */
    public static SubsidyClient signing(String baseUrl, Signature signature) {
        return new SubsidyClient(baseUrl, call -> {
            var headers = new Signature.Headers(call.ifMatch(), call.idempotencyKey(), call.contentType());
            long timestamp = Instant.now().getEpochSecond();
            String nonce = UUID.randomUUID().toString();
            return signature.authorize(call.method(), call.address(), headers, call.body(), timestamp, nonce);
        });
    }

    /** With a token that was fetched elsewhere. */
    public static SubsidyClient withToken(String baseUrl, String token) {
        return new SubsidyClient(baseUrl, call -> "Bearer " + token);
    }

    /** With tokens by client credentials (RFC 6749, 4.4), renewed a minute before their end. */
    public static SubsidyClient withCredentials(
            String baseUrl, URI tokenUrl, String clientId, String clientSecret) {
        return new SubsidyClient(baseUrl, new Authorizer() {
            private String token = null;
            private Instant renewAt = Instant.EPOCH;

            @Override
            public String authorize(Call call) throws IOException, InterruptedException {
                if (token == null || !Instant.now().isBefore(renewAt)) fetch();
                return "Bearer " + token;
            }

            @Override
            public boolean renew() {
                token = null;
                return true;
            }

            private void fetch() throws IOException, InterruptedException {
                String basic = encoded(clientId) + ":" + encoded(clientSecret);
                HttpRequest request = HttpRequest.newBuilder(tokenUrl)
                    .timeout(ATTEMPT)
                    .header("Authorization", "Basic "
                        + Base64.getEncoder().encodeToString(basic.getBytes(StandardCharsets.UTF_8)))
                    .header("Content-Type", "application/x-www-form-urlencoded")
                    .POST(BodyPublishers.ofString("grant_type=client_credentials"))
                    .build();
                HttpResponse<String> response = HTTP.send(request, BodyHandlers.ofString());
                if (response.statusCode() != 200) {
                    throw new IOException("no token: " + response.statusCode() + " " + response.body());
                }
                Map<String, Object> granted = Json.object(Json.read(response.body()));
                token = (String) granted.get("access_token");
                double seconds = (double) granted.getOrDefault("expires_in", 300.0);
                renewAt = Instant.now().plusSeconds((long) seconds - MARGIN_SECONDS);
            }
        });
    }

    public Answer get(String path) throws IOException, InterruptedException {
        return send("GET", path, "", "", new byte[0]);
    }

    /** Without a precondition. */
    public Answer post(String path, String contentType, byte[] body) throws IOException, InterruptedException {
        return send("POST", path, "", contentType, body);
    }

    /** With the version that was seen. */
    public Answer postIfMatch(String path, String etag) throws IOException, InterruptedException {
        return send("POST", path, etag, "", new byte[0]);
    }

    /**
     * One call, with retries under one new Idempotency-Key.
     *
     * @param path with its query, percent-encoded
     * @param ifMatch an ETag; empty for none
     * @param contentType empty without a body
     */
    public Answer send(String method, String path, String ifMatch, String contentType, byte[] body)
            throws IOException, InterruptedException {
        String idempotencyKey = method.equals("GET") ? "" : UUID.randomUUID().toString();
        Call call = new Call(method, URI.create(baseUrl + path), ifMatch, idempotencyKey, contentType, body);
        boolean hasRenewed = false;
        for (int attempt = 1; ; attempt++) {
            boolean isLast = attempt >= MOST_ATTEMPTS;
            Answer answer = null;
            HttpRequest request = requestOf(call);
            try {
                HttpResponse<byte[]> response = HTTP.send(request, BodyHandlers.ofByteArray());
                answer = new Answer(response.statusCode(), response.headers(), response.body());
            } catch (IOException noAnswer) {
                boolean isRepeatable =
                    method.equals("GET") || !call.address().getPath().matches(UNREPEATABLE);
                if (isLast || !isRepeatable) throw noAnswer;
            }
            if (answer != null && answer.status() == 401 && !hasRenewed && authorizer.renew()) {
                hasRenewed = true;
                continue;
            }
            if (answer != null && (isLast || !isWorthRetrying(answer))) return answer;
            long seconds = answer == null ? 1L << (attempt - 1) : retryAfterSeconds(answer, attempt);
            if (answer != null && seconds > MOST_WAIT.toSeconds()) return answer;
            // Up to a quarter longer than told, so that clients who were refused together do not return together.
            Thread.sleep(seconds * 1_000 + ThreadLocalRandom.current().nextLong(seconds * 250 + 1));
        }
    }

    /** Authorized anew for each attempt: a nonce is taken once. */
    private HttpRequest requestOf(Call call) throws IOException, InterruptedException {
        HttpRequest.Builder builder = HttpRequest.newBuilder(call.address())
            .timeout(ATTEMPT)
            .method(call.method(), call.body().length == 0
                ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(call.body()))
            .header("Authorization", authorizer.authorize(call));
        if (!call.ifMatch().isEmpty()) builder.header("If-Match", call.ifMatch());
        if (!call.idempotencyKey().isEmpty()) builder.header("Idempotency-Key", call.idempotencyKey());
        if (!call.contentType().isEmpty()) builder.header("Content-Type", call.contentType());
        return builder.build();
    }

    /** Busy, too many requests, or the same request still under way. */
    private static boolean isWorthRetrying(Answer answer) {
        if (answer.status() == 429 || answer.status() == 503) return true;
        return answer.status() == 409 && answer.text().contains("\"idempotency-key-in-flight\"");
    }

    /** The service tells seconds, never a date. */
    private static long retryAfterSeconds(Answer answer, int attempt) {
        String told = answer.headers().firstValue("retry-after").orElse("");
        return told.matches("\\d{1,9}") ? Long.parseLong(told) : 1L << (attempt - 1);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
