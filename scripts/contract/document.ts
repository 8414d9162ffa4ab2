// The parts of an OpenAPI document that are compared.

export type Referring<T> = T | { readonly $ref: string };

export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly format?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
}

type Content = Readonly<Record<string, { readonly schema?: Schema }>>;

export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema?: Schema;
  readonly content?: Content;
}

export interface Operation {
  readonly operationId?: string;
  readonly security?: readonly Readonly<Record<string, unknown>>[];
  readonly parameters?: readonly Referring<Parameter>[];
  readonly requestBody?: Referring<{ readonly required?: boolean; readonly content?: Content }>;
  readonly responses?: Readonly<
    Record<
      string,
      Referring<{ readonly headers?: Readonly<Record<string, unknown>>; readonly content?: Content }>
    >
  >;
  readonly deprecated?: boolean;
  readonly 'x-oauth-scope'?: string;
  readonly 'x-roles'?: readonly string[];
}

export interface Document {
  readonly info: { readonly version: string };
  readonly paths?: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly webhooks?: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** An operation and where it is. */
export interface Found {
  /** `POST /v1/applications/{}/submission` */
  readonly address: string;
  readonly operation: Operation;
  readonly isWebhook: boolean;
}

/** Follows references within a document. @throws Error for one that leads nowhere */
export function resolver(document: Document): <T extends object>(value: Referring<T>) => T {
  return function resolve<T extends object>(value: Referring<T>): T {
    if (!('$ref' in value) || typeof value.$ref !== 'string') return value as T; // no reference
    const [root, section = '', name = ''] = value.$ref.slice(2).split('/');
    const found = document.components?.[section]?.[name];
    if (root !== 'components' || found === undefined) throw new Error(`${value.$ref} leads nowhere`);
    return resolve(found as Referring<T>); // of the section that T is in
  };
}

/** Whether two values are written alike. */
export const isSame = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);
