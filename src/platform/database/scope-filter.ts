// Restricts a query to rows in the caller's scope. Row-level security enforces the same independently, so
// that one error does not defeat both.

import { type Expression, type SqlBool, sql } from 'kysely';
import type { Scope } from '../access/permissions.ts';
import type { Database } from './tables.ts';

type Column = { [Table in keyof Database]: `${Table}.${keyof Database[Table] & string}` }[keyof Database];

/** The columns that place a row in a scope. A relation without a column matches no row. */
interface ScopeColumns {
  readonly agency: Column;
  /** A column, or a condition on the street's code when it is in another table. */
  readonly street?: Column | ((code: string) => Expression<SqlBool>);
  readonly client?: Column;
}

/** The condition that selects rows within a scope. */
export function scopeFilter({ agency, street, client }: ScopeColumns) {
  return (scope: Scope): Expression<SqlBool> => {
    switch (scope.relation) {
      case 'city':
        return sql`true`;
      case 'agency':
        return isEqual(agency, scope.code);
      case 'street':
        return typeof street === 'function' ? street(scope.code) : isEqual(street, scope.code);
      case 'own':
        return isEqual(client, scope.client);
    }
  };
}

function isEqual(column: Column | undefined, value: string): Expression<SqlBool> {
  return column === undefined ? sql`false` : sql`${sql.ref(column)} = ${value}`;
}
