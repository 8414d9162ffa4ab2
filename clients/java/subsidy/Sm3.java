// SM3 (GB/T 32905-2016) and HMAC with it, which the JDK does not have. Stands by itself, so that it can be copied.

package subsidy;

import java.nio.ByteBuffer;
import java.util.Arrays;

/** The hash and the HMAC. Where a library with SM3 is at hand (Bouncy Castle, a GM provider), use that instead. */
public final class Sm3 {
    private static final int BLOCK_BYTES = 64;
    private static final int[] INITIAL = {
        0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e,
    };

    private Sm3() {}

    /** The 32 bytes of the hash. */
    public static byte[] hash(byte[] message) {
        int[] state = INITIAL.clone();
        byte[] padded = pad(message);
        for (int start = 0; start < padded.length; start += BLOCK_BYTES) {
            compress(state, ByteBuffer.wrap(padded, start, BLOCK_BYTES));
        }
        ByteBuffer digest = ByteBuffer.allocate(32);
        for (int word : state) digest.putInt(word);
        return digest.array();
    }

    /** HMAC (RFC 2104) with SM3. */
    public static byte[] hmac(byte[] key, byte[] message) {
        byte[] block = Arrays.copyOf(key.length > BLOCK_BYTES ? hash(key) : key, BLOCK_BYTES);
        byte[] inner = hash(concat(mask(block, 0x36), message));
        return hash(concat(mask(block, 0x5c), inner));
    }

    /** The message, a bit 1, zeros, and the message's length in bits, to whole blocks. */
    private static byte[] pad(byte[] message) {
        int blocks = (message.length + 8) / BLOCK_BYTES + 1;
        ByteBuffer padded = ByteBuffer.allocate(blocks * BLOCK_BYTES);
        padded.put(message).put((byte) 0x80);
        padded.putLong(padded.capacity() - 8, message.length * 8L);
        return padded.array();
    }

    private static void compress(int[] state, ByteBuffer block) {
        int[] w = new int[68];
        for (int j = 0; j < 16; j++) w[j] = block.getInt();
        for (int j = 16; j < 68; j++) {
            w[j] = p1(w[j - 16] ^ w[j - 9] ^ Integer.rotateLeft(w[j - 3], 15))
                ^ Integer.rotateLeft(w[j - 13], 7) ^ w[j - 6];
        }
        int a = state[0], b = state[1], c = state[2], d = state[3];
        int e = state[4], f = state[5], g = state[6], h = state[7];
        for (int j = 0; j < 64; j++) {
            boolean early = j < 16;
            int constant = Integer.rotateLeft(early ? 0x79cc4519 : 0x7a879d8a, j % 32);
            int ss1 = Integer.rotateLeft(Integer.rotateLeft(a, 12) + e + constant, 7);
            int ss2 = ss1 ^ Integer.rotateLeft(a, 12);
            int ff = early ? a ^ b ^ c : (a & b) | (a & c) | (b & c);
            int gg = early ? e ^ f ^ g : (e & f) | (~e & g);
            int tt1 = ff + d + ss2 + (w[j] ^ w[j + 4]);
            int tt2 = gg + h + ss1 + w[j];
            d = c;
            c = Integer.rotateLeft(b, 9);
            b = a;
            a = tt1;
            h = g;
            g = Integer.rotateLeft(f, 19);
            f = e;
            e = tt2 ^ Integer.rotateLeft(tt2, 9) ^ Integer.rotateLeft(tt2, 17);
        }
        int[] next = {a, b, c, d, e, f, g, h};
        for (int i = 0; i < 8; i++) state[i] ^= next[i];
    }

    private static int p1(int x) {
        return x ^ Integer.rotateLeft(x, 15) ^ Integer.rotateLeft(x, 23);
    }

    private static byte[] mask(byte[] block, int with) {
        byte[] masked = block.clone();
        for (int i = 0; i < masked.length; i++) masked[i] ^= (byte) with;
        return masked;
    }

    private static byte[] concat(byte[] first, byte[] second) {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }
}
