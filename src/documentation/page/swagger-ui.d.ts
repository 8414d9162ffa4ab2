// Swagger UI as the page's own modules see it; its bundle brings no types.

/** The system that Swagger UI gives to plugins: selectors, actions, components. Untyped there and here. */
// biome-ignore lint/suspicious/noExplicitAny: Swagger UI has no types of its own
declare type System = any;

/** A part of the contract, which is plain data. */
// biome-ignore lint/suspicious/noExplicitAny: as free as JSON Schema
declare type Schema = Record<string, any>;

/** A component's props, or what it renders. */
// biome-ignore lint/suspicious/noExplicitAny: Swagger UI has no types of its own
declare type Rendered = any;

declare type UiPlugin = (system: System) => object;

declare const SwaggerUIBundle: {
  (configuration: object): System;
  readonly presets: { readonly apis: object };
  readonly plugins: Readonly<Record<string, object>>;
};
