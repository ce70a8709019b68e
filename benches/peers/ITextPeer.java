// The peers' letter by iText 5: java -cp itext5.jar ITextPeer.java LETTER.json PEOPLE.csv OUT.pdf. The fixed part is one form.

import com.itextpdf.text.Document;
import com.itextpdf.text.Rectangle;
import com.itextpdf.text.pdf.BaseFont;
import com.itextpdf.text.pdf.PdfContentByte;
import com.itextpdf.text.pdf.PdfTemplate;
import com.itextpdf.text.pdf.PdfWriter;
import java.io.BufferedOutputStream;
import java.io.BufferedReader;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

public class ITextPeer {
    static final float MM = 72f / 25.4f;

    /** A text with its place: a literal or the name of a column. */
    record Words(float x, float y, float size, String text) {}

    public static void main(String[] args) throws Exception {
        Map<?, ?> letter = (Map<?, ?>) new Json(Files.readString(Path.of(args[0]))).value();
        float width = number(((List<?>) letter.get("page")).get(0)), height = number(((List<?>) letter.get("page")).get(1));
        List<Words> fields = words(letter.get("vars"), "f");
        Map<?, ?> table = (Map<?, ?>) letter.get("table"), code = (Map<?, ?>) letter.get("barcode");
        for (int row = 0; row < number(table.get("rows")); row++)
            for (int column = 0; column < 4; column++) {
                float x = number(((List<?>) table.get("x")).get(column)), y = number(table.get("y")) + row * number(table.get("row_h"));
                fields.add(new Words(x, y, number(table.get("size")), "vdft".substring(column, column + 1) + (row + 1)));
            }
        float pitch = number(code.get("pitch")), thick = number(code.get("w")), left = number(code.get("x")), top = number(code.get("y"));
        float high = number(code.get("long")), half = number(code.get("semi")), low = number(code.get("timing"));
        float[][] bars = {{0, high}, {0, half}, {high - half, half}, {(high - low) / 2, low}};

        Document document = new Document(new Rectangle(width * MM, height * MM));
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(Path.of(args[2])), 1 << 16)) {
            PdfWriter writer = PdfWriter.getInstance(document, out);
            document.open();
            BaseFont font = BaseFont.createFont(System.getProperty("face", "fonts/BIZUDPGothic-Regular.ttf"), BaseFont.IDENTITY_H, BaseFont.EMBEDDED);
            PdfContentByte page = writer.getDirectContent();
            PdfTemplate fixed = page.createTemplate(width * MM, height * MM);
            for (Object line : (List<?>) letter.get("lines")) {
                List<?> ends = (List<?>) line;
                fixed.setLineWidth(number(ends.get(4)));
                fixed.moveTo(number(ends.get(0)) * MM, (height - number(ends.get(1))) * MM);
                fixed.lineTo(number(ends.get(2)) * MM, (height - number(ends.get(3))) * MM);
                fixed.stroke();
            }
            fixed.beginText();
            for (Words words : words(letter.get("static"), "t")) show(fixed, font, height, words, words.text());
            fixed.endText();
            try (BufferedReader people = Files.newBufferedReader(Path.of(args[1]))) {
                // The file of the benchmark has no quoted fields.
                List<String> columns = Arrays.asList(people.readLine().split(",", -1));
                int[] places = fields.stream().mapToInt(words -> columns.indexOf(words.text())).toArray();
                int symbol = columns.indexOf("barcode");
                for (String line = people.readLine(); line != null; line = people.readLine()) {
                    String[] person = line.split(",", -1);
                    document.newPage();
                    page.addTemplate(fixed, 0, 0);
                    page.beginText();
                    for (int at = 0; at < places.length; at++)
                        if (!person[places[at]].isEmpty()) show(page, font, height, fields.get(at), person[places[at]]);
                    page.endText();
                    String digits = person[symbol];
                    for (int at = 0; at < digits.length(); at++) {
                        float[] bar = bars[digits.charAt(at) - '1'];
                        page.rectangle((left + pitch * at) * MM, (height - top - bar[0] - bar[1]) * MM, thick * MM, bar[1] * MM);
                    }
                    page.fill();
                }
            }
            document.close();
        }
    }

    static void show(PdfContentByte to, BaseFont font, float height, Words words, String text) {
        to.setFontAndSize(font, words.size());
        to.setTextMatrix(words.x() * MM, (height - words.y()) * MM);
        to.showText(text);
    }

    static List<Words> words(Object list, String key) {
        List<Words> found = new ArrayList<>();
        for (Object entry : (List<?>) list) {
            Map<?, ?> of = (Map<?, ?>) entry;
            found.add(new Words(number(of.get("x")), number(of.get("y")), number(of.get("size")), (String) of.get(key)));
        }
        return found;
    }

    static float number(Object value) {
        return ((Double) value).floatValue();
    }

    /** As much JSON as letter.json has. */
    static final class Json {
        private final String text;
        private int at;

        Json(String text) {
            this.text = text;
        }

        Object value() {
            char first = next();
            if (first == '{') {
                at++;
                Map<String, Object> map = new LinkedHashMap<>();
                while (next() != '}') {
                    String key = (String) value();
                    next();
                    at++;
                    map.put(key, value());
                    if (next() == ',') at++;
                }
                at++;
                return map;
            }
            if (first == '[') {
                at++;
                List<Object> list = new ArrayList<>();
                while (next() != ']') {
                    list.add(value());
                    if (next() == ',') at++;
                }
                at++;
                return list;
            }
            int start = at;
            if (first == '"') {
                at = text.indexOf('"', at + 1) + 1;
                return text.substring(start + 1, at - 1);
            }
            while ("+-.eE0123456789".indexOf(text.charAt(at)) >= 0) at++;
            return Double.valueOf(text.substring(start, at));
        }

        /** The next character that is no space. */
        private char next() {
            while (Character.isWhitespace(text.charAt(at))) at++;
            return text.charAt(at);
        }
    }
}
