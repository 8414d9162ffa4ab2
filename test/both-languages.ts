// Whether what people read who run the service is Chinese, then English. Holds no test.

/** In front of the sentence: the variable, option or file that it is about. */
const subject = /^[^\s\p{Script=Han}：]*[^\s\p{Script=Han}：]: /u;
const bothLanguages = /^[“（]?\p{Script=Han}.* · .*[A-Za-z]{2}/su;

/** The lines that are not: indented lines, JSON and bare tokens of a program are data. */
export function notInBothLanguages(text: string): string[] {
  const lines = text.split('\n').filter((line) => line !== '' && !/^( {2}|\{)/.test(line));
  return lines.filter((line) => {
    const sentence = line.replace(subject, '');
    if (!bothLanguages.test(sentence)) return true;
    // A name or value may be quoted in the English half, a sentence not.
    return /\p{Script=Han}{6}/u.test(sentence.slice(sentence.lastIndexOf(' · ')));
  });
}
