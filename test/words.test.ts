// Chinese sentences for people in Jingdezhen: none may contain fen, an article by its code, an identifier of
// the program or a JSON pointer. Bilingual descriptions are for programmers and excluded.

import { globSync, readFileSync } from 'node:fs';
import t from 'tap';
import { catalogue, dataTitles, hardshipTitles, kindTitles } from '../src/rules/policy/catalogue.ts';
import { parameters } from './published-policies.ts';

const root = new URL('../src/', import.meta.url);

/** Files read by programmers and operators: the contract, commands and settings; and 角 and 分 in capitals. */
const forPrograms =
  /schemas\.ts$|routes\.ts$|^main\.ts$|^(commands|documentation|notifications\/webhooks|platform\/config)\/|^(platform\/(http\/(contract\/contract|deprecation)|access\/oauth-scopes|api-clients\/operations|database\/service-account)|sandbox\/personas|notifications\/events\/types|registers\/deliveries\/examples|values\/capital-money)\.ts$/;

/** Latin names that clerks or programmers know. */
const known =
  /JPEG|PNG|PDF|XLSX|CSV|UTF-8|GB18030|GBK|NDJSON|JSON|Excel|UUID|Idempotency-Key|If-Match|ETag|Retry-After|Authorization|Bearer|Content-Type|requestId|ASCII|multipart\/form-data|SHA-256|[KM]iB|U\+/g;

interface Sentence {
  readonly at: string;
  readonly text: string;
}

/** Every literal with a Chinese character; interpolations become `…`. */
function sentencesOf(path: string): Sentence[] {
  const lines = readFileSync(new URL(path, root), 'utf8').split('\n');
  return lines.flatMap((line, index) => {
    if (/^\s*(\/\/|\/?\*)/.test(line)) return [];
    return literalsOf(line)
      .filter((text) => /\p{Script=Han}/u.test(text) && !text.includes(' · '))
      .map((text) => ({ at: `${path}:${index + 1}`, text }));
  });
}

/** The strings and templates of one line, including those within templates. */
function literalsOf(line: string): string[] {
  const found: string[] = [];
  let at = 0;
  /** Reads to the end mark: code to a brace, a literal to its quote. */
  const read = (end: string): string => {
    let text = '';
    for (; at < line.length && line[at] !== end; at += 1) {
      const character = line[at] ?? '';
      if (end !== '}' && end !== '' && character === '\\') {
        const escaped = /^\\(u[0-9A-Fa-f]{4}|.)/.exec(line.slice(at))?.[0] ?? '\\';
        at += escaped.length - 1;
      } else if (end === '`' && line.startsWith('${', at)) {
        at += 2;
        read('}');
        text += '…';
      } else if ((end === '}' || end === '') && (character === "'" || character === '`')) {
        at += 1;
        found.push(read(character));
      } else if (end === '}' && character === '{') {
        at += 1;
        read('}');
      } else text += character;
    }
    return text;
  };
  read('');
  return found;
}

/** Why a sentence is unsuitable for people; null for a suitable one. */
function fieldErrorOf(text: string): string | null {
  if (/[\d…] ?分(?![钟期])/.test(text)) return 'an amount in fen';
  if (/[一二三四五六七]\.\d|^[一二三四五六七](（|$)|（办法|办法[一二三四五六七]/.test(text))
    return 'an article by its code';
  if (/\/(body|query|headers|months)\b/.test(text)) return 'a JSON pointer';
  if (/[A-Za-z]{2,}/.test(text.replaceAll(known, ''))) return 'a word of the program';
  return null;
}

t.test('the check of sentences finds each kind of unsuitable one', async (t) => {
  t.equal(fieldErrorOf('申请金额尚有 1700000 分未到账'), 'an amount in fen');
  const template = literalsOf(`  detail: \`尚有 \${sum({ a: \`\${b}\` })} 分未到账\`,`);
  t.strictSame(template, ['…', '尚有 … 分未到账']);
  t.strictSame(template.map(fieldErrorOf), [null, 'an amount in fen']);
  t.equal(fieldErrorOf('依据六.5'), 'an article by its code');
  t.equal(fieldErrorOf('来源jx-human-resources'), 'a word of the program');
  t.equal(fieldErrorOf('请注明 isLast'), 'a word of the program');
  t.equal(fieldErrorOf('请看 /body/rows/2/near'), 'a JSON pointer');
  t.equal(fieldErrorOf('尚有 17,000.00 元未到账，请上传 PDF'), null);
});

t.test('no sentence for people contains fen, codes, identifiers or pointers', async (t) => {
  const paths = globSync('**/*.ts', { cwd: root })
    .filter((path) => !forPrograms.test(path))
    .sort();
  const sentences = paths.flatMap(sentencesOf);
  t.ok(sentences.length > 500, `${sentences.length} sentences`);
  const fieldErrors = sentences.flatMap(({ at, text }) => {
    const fieldError = fieldErrorOf(text);
    return fieldError === null ? [] : [`${at}: ${fieldError}: ${text}`];
  });
  t.strictSame(fieldErrors, []);
});

t.test(
  'no title or description of a check, parameter or record contains fen, codes, identifiers or pointers',
  async (t) => {
    const said = [
      ...Object.values(catalogue).flatMap(({ article, title, meaning }) => [
        article,
        title,
        ...Object.values(meaning),
      ]),
      ...Object.values(parameters).flatMap(({ title, values }) => [
        title,
        ...values.flatMap(({ article, reason }) => [article, reason]),
      ]),
      ...[kindTitles, dataTitles, hardshipTitles].flatMap((titles) => Object.values(titles)),
    ];
    t.strictSame(
      said.filter((text) => fieldErrorOf(text) !== null),
      [],
    );
  },
);
