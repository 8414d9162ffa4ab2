// Narrows a query to the rows that its caller may see. Row security says the same of every row; the two are written apart,
// so that neither is as wrong as the other.

import { type Expression, type SqlBool, sql } from 'kysely';
import type { Scope } from '../access/permissions.ts';
import type { Database } from './tables.ts';

type Column = { [Table in keyof Database]: `${Table}.${keyof Database[Table] & string}` }[keyof Database];

/** Where a row says whose it is. Who is compared with nothing sees no row. */
interface ScopeColumns {
  readonly agency: Column;
  /** A column, or a condition on the street's code where the street stands in another table. */
  readonly street?: Column | ((code: string) => Expression<SqlBool>);
  readonly client?: Column;
}

/** The condition for rows of these columns that lie within a scope. */
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
