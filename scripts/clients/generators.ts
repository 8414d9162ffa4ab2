// The generators of clients that are tried on the contract: the current version of each and one before. Pinned, and fetched when they
// are run, because they are no part of the service.

/** One version of a generator. */
export interface Generator {
  readonly name: string;
  /** Its npm packages. */
  readonly packages: readonly string[];
  /** Its command. The contract is openapi.yaml in the folder where it runs. */
  readonly command: readonly string[];
  /** Folder of clients/generators with its configuration, copied beside the contract. */
  readonly recipe?: string;
  /** Program of the recipe that plays a submission with the client against a sandbox. */
  readonly play?: string;
}

/** What generated clients are compiled with and rest on. */
export const compiler = ['typescript@5.9.3', 'zod@4.6.7', '@types/node@26.6.6'] as const;
// For generators that use its interface, which TypeScript 7 no longer has.
const typescript = compiler[0];

const heyApiOptions =
  '-i openapi.yaml -o client -p @hey-api/client-fetch @hey-api/typescript @hey-api/sdk zod';

export const generators: readonly Generator[] = [
  ...['7.13.0', '6.7.6'].map((version) => ({
    name: `openapi-typescript ${version}`,
    packages: [`openapi-typescript@${version}`, typescript],
    command: 'openapi-typescript openapi.yaml --output contract.ts'.split(' '),
  })),
  ...['8.38.0', '7.21.0'].map((version) => ({
    name: `orval ${version} (fetch, zod)`,
    packages: [`orval@${version}`, typescript],
    command: 'orval --config orval.config.mjs'.split(' '),
    recipe: 'orval',
  })),
  {
    name: '@hey-api/openapi-ts 0.99.0 (fetch, zod)',
    packages: ['@hey-api/openapi-ts@0.99.0', typescript],
    command: 'openapi-ts -f openapi-ts.config.mjs'.split(' '),
    recipe: 'hey-api',
    play: 'submission.ts',
  },
  // It has no major versions yet: the minor version before, and the last of the line ten before that.
  ...['0.98.2', '0.80.16'].map((version) => ({
    name: `@hey-api/openapi-ts ${version} (fetch, zod)`,
    packages: [`@hey-api/openapi-ts@${version}`, typescript],
    command: ['openapi-ts', ...heyApiOptions.split(' ')],
  })),
];

/** How strictly a generated client is compiled. It is a library's code: unused names are no fault of it. */
export const strictest = {
  target: 'es2023',
  module: 'esnext',
  moduleResolution: 'bundler',
  lib: ['es2023', 'dom', 'dom.iterable'],
  types: ['node'],
  allowImportingTsExtensions: true,
  noEmit: true,
  strict: true,
  noUncheckedIndexedAccess: true,
  noImplicitOverride: true,
  noImplicitReturns: true,
  noFallthroughCasesInSwitch: true,
};
