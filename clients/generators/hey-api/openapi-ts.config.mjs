// @hey-api/openapi-ts: a client of functions with `fetch`, whose answers zod checks. Requests are left to the service: the schema
// that this generator writes for a file in a form takes text alone. Imports end in `.ts`, so that Node runs the output as it is.
// biome-ignore lint/style/noDefaultExport: the form that the generator reads
export default {
  input: './openapi.yaml',
  output: { path: './client', module: { extension: '.ts' } },
  plugins: [
    '@hey-api/client-fetch',
    '@hey-api/typescript',
    'zod',
    { name: '@hey-api/sdk', validator: { request: false, response: 'zod' } },
  ],
};
