// Checks the street of a form against the register of households, which decides the agency of a case. If no register
// has the household, the form's street counts and the case is flagged.

import type { ReadContext } from '../../platform/context.ts';
import type { FieldError } from '../../platform/problem.ts';
import { findRegisteredStreet } from '../../registers/records/operations.ts';
import type { Day } from '../../values/days.ts';

/**
 * An error that names the registered street if the form has another. The caller must know the person's whole identity
 * number or have a case of the person.
 */
export async function householdErrors(
  context: ReadContext,
  personId: string,
  { streetCode, on }: { readonly streetCode: string; readonly on: Day },
  pointer: string,
): Promise<FieldError[]> {
  const registered = await findRegisteredStreet(context, personId, on);
  if (registered === undefined || registered.streetCode === streetCode) return [];
  const { name } = registered;
  const detail = `户籍登记在${name}（${registered.streetCode}），与所填的街道（乡镇）不一致。请核对户口簿后改填登记的街道（乡镇）；登记有误的，请先到户籍登记机关更正。`;
  return [{ pointer, code: 'other-than-registered', detail }];
}
