// Compares the street of a form with the register of households, which decides the agency of a case. If no register has
// the household, the form's street counts and the case is flagged. Pure.

import type { FieldError } from '../../platform/problem.ts';

/**
 * An error that names the registered street if the form has another. The caller must know the person's whole identity
 * number or have a case of the person.
 */
export function householdErrors(
  registered: { readonly streetCode: string; readonly name: string } | undefined,
  streetCode: string,
  pointer: string,
): FieldError[] {
  if (registered === undefined || registered.streetCode === streetCode) return [];
  const { name } = registered;
  const detail = `户籍登记在${name}（${registered.streetCode}），与所填的街道（乡镇）不一致。请核对户口簿后改填登记的街道（乡镇）；登记有误的，请先到户籍登记机关更正。`;
  return [{ pointer, code: 'other-than-registered', detail }];
}
