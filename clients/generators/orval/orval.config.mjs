// orval: a client of functions with `fetch`, and zod schemas. `splitByContentType` makes one function for each content type of a
// body: without it, orval 8 takes JSON, CSV and XLSX of `importRecords` for one body and writes a call that does not compile.
const input = './openapi.yaml';
const override = { splitByContentType: true };

// biome-ignore lint/style/noDefaultExport: the form that the generator reads
export default {
  fetch: {
    input,
    output: {
      target: './client/subsidy.ts',
      schemas: './client/model',
      client: 'fetch',
      mode: 'split',
      override,
    },
  },
  zod: { input, output: { target: './zod/subsidy.ts', client: 'zod', mode: 'single', override } },
};
