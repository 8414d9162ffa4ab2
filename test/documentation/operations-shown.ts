// The operations of a contract as the page shows them: by tag, in the order of the contract. Holds no test.

export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly example?: string | number;
}

interface Media {
  readonly schema: object;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
}

interface Written {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly description?: string;
  readonly parameters?: readonly object[];
  readonly requestBody?: object;
}

export interface Contract {
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Written>>>>;
}

export interface Operation {
  readonly operationId: string;
  readonly tag: string;
  readonly method: string;
  readonly path: string;
  /** The sandbox's persona that its description names; null where no token is needed. */
  readonly persona: string | null;
  readonly parameters: readonly Parameter[];
  readonly content: Readonly<Record<string, Media>>;
}

export function operationsShown(contract: Contract): Operation[] {
  const operations = Object.entries(contract.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, written]): Operation => {
      const body = resolved<{ content?: Operation['content'] }>(contract, written.requestBody ?? {});
      return {
        operationId: written.operationId,
        tag: written.tags[0] ?? '',
        method,
        path,
        persona: /Sandbox persona:\*\* `([^`]+)`/.exec(written.description ?? '')?.[1] ?? null,
        parameters: (written.parameters ?? []).map((one) => resolved<Parameter>(contract, one)),
        content: body.content ?? {},
      };
    }),
  );
  return contract.tags.flatMap(({ name }) => operations.filter(({ tag }) => tag === name));
}

/** What a reference leads to. */
export function resolved<T>(contract: object, value: object): T {
  const reference = (value as { readonly $ref?: string }).$ref;
  if (reference === undefined) return value as T;
  const steps = reference.replace('#/', '').split('/');
  const found = steps.reduce<unknown>((place, step) => Object(place)[step], contract);
  return resolved(contract, Object(found));
}
