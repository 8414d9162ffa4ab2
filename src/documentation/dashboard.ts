// Serves, at /dashboard/, the page of figures for the eye: ECharts with our own modules. It shows what operations of the
// contract answer to the token of whoever looks at it, and has no other way to data.

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type OperationId, permissions } from '../platform/access/permissions.ts';
import type { App } from '../platform/http/server.ts';
import { readPageFiles } from './files.ts';
import type { Login, Logins } from './logins.ts';
import { htmlOf, remembering, servePage } from './page-server.ts';
import type { Schemes } from './security-schemes.ts';

const echarts = join(
  dirname(fileURLToPath(import.meta.resolve('echarts/package.json'))),
  'dist/echarts.min.js',
);

/** The operations that the page calls. */
const called = [
  'getStatistics',
  'getForecast',
  'getReconciliation',
  'getWorkSummary',
] as const satisfies readonly OperationId[];

export interface DashboardOptions {
  readonly logins: Logins;
  readonly schemesOf: (known: readonly Login[]) => Schemes;
}

export async function registerDashboard(app: App, { logins, schemesOf }: DashboardOptions): Promise<void> {
  // A log-in from here asks for these scopes and no others.
  const operations = called.map((id) => {
    const { oauthScope, roles } = permissions[id];
    return [id, { scope: oauthScope, roles: Object.keys(roles) }] as const;
  });
  const page = remembering(
    async (known: readonly Login[], ...values: readonly (readonly [string, string])[]) => {
      const settings = { operations: Object.fromEntries(operations), schemes: schemesOf(known) };
      return htmlOf('dashboard/index.html', new Map([...values, ['settings', asAttribute(settings)]]));
    },
  );
  await servePage(app, {
    at: '/dashboard',
    files: readPageFiles(['login', 'dashboard'], [echarts]),
    html: (known, values) => page(known, ...values),
    logins,
  });
}

function asAttribute(value: object): string {
  return JSON.stringify(value).replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}
