// The operations by their tags as plain HTML, seen as soon as the page itself arrives and long before Swagger UI has started.

interface Operation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly tags?: readonly string[];
}

export interface Outlined {
  readonly tags?: readonly { readonly name: string; readonly description?: string }[] | undefined;
  readonly paths?: Readonly<Record<string, object | undefined>> | undefined;
}

/** One closed section for each tag, in the contract's order, under its Chinese name. */
export function outlineOf({ tags = [], paths = {} }: Outlined): string {
  const operations = Object.entries(paths).flatMap(([path, methods = {}]) =>
    // The cast: in this contract a path has operations only.
    (Object.entries(methods) as [string, Operation][]).map(([method, one]) => ({ path, method, ...one })),
  );
  const sections = tags.map(({ name, description = name }) => {
    const rows = operations
      .filter((one) => one.tags?.includes(name))
      .map(
        ({ path, method, operationId, summary = '' }) =>
          `<li><a href="#/${escaped(name)}/${escaped(operationId ?? '')}"><b>${method.toUpperCase()}</b> ` +
          `<code>${escaped(path)}</code> ${escaped(summary)}</a></li>`,
      );
    const [chinese = name] = description.split(' · ');
    return `<details data-tag="${escaped(name)}"><summary>${escaped(chinese)}</summary><ul>${rows.join('')}</ul></details>`;
  });
  return sections.join('\n');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
