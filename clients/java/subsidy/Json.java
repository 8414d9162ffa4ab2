// Just enough JSON for the sample, because the JDK has none. Your project has a library: use that instead.

package subsidy;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads JSON into maps, lists, strings, numbers, booleans and null; writes strings. */
public final class Json {
    private final String text;
    private int at = 0;

    private Json(String text) {
        this.text = text;
    }

    /** Throws IllegalArgumentException for what is no JSON. */
    public static Object read(String text) {
        Json reader = new Json(text);
        Object value = reader.value();
        reader.skipSpace();
        if (reader.at < text.length()) throw reader.unexpected();
        return value;
    }

    /** An object's fields. */
    @SuppressWarnings("unchecked")
    public static Map<String, Object> object(Object value) {
        return (Map<String, Object>) value;
    }

    /** A list's items. */
    @SuppressWarnings("unchecked")
    public static List<Object> list(Object value) {
        return (List<Object>) value;
    }

    /** The text in quotes, as JSON writes it. */
    public static String quote(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (char letter : text.toCharArray()) {
            if (letter == '"' || letter == '\\') quoted.append('\\').append(letter);
            else if (letter < ' ') quoted.append(String.format("\\u%04x", (int) letter));
            else quoted.append(letter);
        }
        return quoted.append('"').toString();
    }

    private Object value() {
        skipSpace();
        if (at >= text.length()) throw unexpected();
        switch (text.charAt(at)) {
            case '{': return fields();
            case '[': return items();
            case '"': return string();
            default: return literal();
        }
    }

    private Map<String, Object> fields() {
        Map<String, Object> fields = new LinkedHashMap<>();
        at++;
        if (passes('}')) return fields;
        do {
            skipSpace();
            String name = string();
            if (!passes(':')) throw unexpected();
            fields.put(name, value());
        } while (passes(','));
        if (!passes('}')) throw unexpected();
        return fields;
    }

    private List<Object> items() {
        List<Object> items = new ArrayList<>();
        at++;
        if (passes(']')) return items;
        do items.add(value()); while (passes(','));
        if (!passes(']')) throw unexpected();
        return items;
    }

    private String string() {
        if (!passes('"')) throw unexpected();
        StringBuilder read = new StringBuilder();
        while (at < text.length() && text.charAt(at) != '"') {
            char letter = text.charAt(at++);
            if (letter != '\\') read.append(letter);
            else if (at >= text.length()) throw unexpected();
            else read.append(escaped(text.charAt(at++)));
        }
        if (at++ >= text.length()) throw unexpected();
        return read.toString();
    }

    private char escaped(char letter) {
        switch (letter) {
            case 'n': return '\n';
            case 't': return '\t';
            case 'r': return '\r';
            case 'b': return '\b';
            case 'f': return '\f';
            case 'u':
                if (at + 4 > text.length()) throw unexpected();
                at += 4;
                return (char) Integer.parseInt(text.substring(at - 4, at), 16);
            default: return letter;
        }
    }

    private Object literal() {
        int start = at;
        String letters = "+-.0123456789abcdefghijklmnopqrstuvwxyzE";
        while (at < text.length() && letters.indexOf(text.charAt(at)) >= 0) at++;
        String read = text.substring(start, at);
        switch (read) {
            case "true": return true;
            case "false": return false;
            case "null": return null;
            case "": throw unexpected();
            default: return Double.valueOf(read);
        }
    }

    private boolean passes(char letter) {
        skipSpace();
        boolean isNext = at < text.length() && text.charAt(at) == letter;
        if (isNext) at++;
        return isNext;
    }

    private void skipSpace() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) at++;
    }

    private IllegalArgumentException unexpected() {
        return new IllegalArgumentException("no JSON at character " + at);
    }
}
