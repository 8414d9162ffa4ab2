// What is looked at: quarters, an agency, a street. It stands in the address, so that a page can be sent to somebody else, and in the
// form on top.

import { el } from './elements.js';
import { quarterAfter, quarterInWords } from './words.js';

/** @typedef {{ from: string | null, to: string | null, agency: string | null, street: string | null }} Selection */
/** @typedef {readonly [code: string, name: string]} Choice */

const quartersOffered = 20;

/** @returns {Selection} */
export function readSelection() {
  const said = new URLSearchParams(location.hash.slice(1));
  return {
    from: said.get('from'),
    to: said.get('to'),
    agency: said.get('agency'),
    street: said.get('street'),
  };
}

/** The page hears of it as of any change of its address. @param {Selection} selection */
function writeSelection(selection) {
  const said = new URLSearchParams();
  for (const [name, value] of Object.entries(selection)) if (value !== null) said.set(name, value);
  location.hash = said.toString();
}

/**
 * @param {Selection} selection as asked
 * @param {{ from: string, to: string, current: string, agencies: readonly Choice[], streets: readonly Choice[] }} known
 *   what the service answered: the quarters meant, the present one, and the places that have cases
 */
export function selectionForm(selection, { from, to, current, agencies, streets }) {
  const quarters = Array.from({ length: quartersOffered }, (_, at) => quarterAfter(current, -at));
  const choices = [...new Set([...quarters, from, to])]
    .sort()
    .reverse()
    .map((quarter) => /** @type {Choice} */ ([quarter, quarterInWords(quarter)]));
  const change = (/** @type {Partial<Selection>} */ part) =>
    writeSelection({ ...selection, from, to, ...part });
  return el(
    'form',
    { class: 'selection', 'aria-label': '查看范围', submit: (event) => event.preventDefault() },
    select('from', '自', choices, from, (value) => change({ from: value })),
    select('to', '至', choices, to, (value) => change({ to: value })),
    places('agency', '经办机构', agencies, selection.agency, (value) =>
      change({ agency: value, street: null }),
    ),
    places('street', '街道（乡镇）', streets, selection.street, (value) => change({ street: value })),
    el('button', { type: 'button', click: () => print() }, '打印'),
  );
}

/** @param {string} id @param {string} label @param {readonly Choice[]} places @param {string | null} chosen @param {(value: string | null) => void} onChange */
function places(id, label, places, chosen, onChange) {
  if (chosen === null && places.length < 2) return null; // nothing to choose
  const isKnown = chosen === null || places.some(([code]) => code === chosen);
  const listed = isKnown ? places : [...places, /** @type {Choice} */ ([chosen, chosen])];
  return select(id, label, [['', '全部'], ...listed], chosen ?? '', (value) =>
    onChange(value === '' ? null : value),
  );
}

/** @param {string} id @param {string} label @param {readonly Choice[]} choices @param {string} chosen @param {(value: string) => void} onChange */
function select(id, label, choices, chosen, onChange) {
  const options = choices.map(([value, name]) => el('option', { value, selected: value === chosen }, name));
  /** @type {HTMLSelectElement} */
  const field = el('select', { id, change: () => onChange(field.value) }, ...options);
  return el('label', { for: id }, el('span', {}, label), field);
}
