// What `npm start` runs: looks at Node's version in a syntax that every Node can read, before any TypeScript is parsed.
// Nothing else belongs here; the program is main.ts.

const neededMajor = 26;
const major = Number(process.versions.node.split('.')[0]);

if (major < neededMajor) {
  console.error(
    `需要 Node.js ${neededMajor} 或更高版本，当前为 ${process.version}：请先运行 npm ci · ` +
      `Node.js ${neededMajor} or later is needed, this is ${process.version}: run npm ci, then npm start`,
  );
  process.exitCode = 1;
} else {
  import('./main.ts');
}
