// Elements of the page. Text is set as text, never as HTML: names come from the service's data.

import { inWords } from './words.js';

/** @typedef {string | number | boolean | ((event: Event) => void)} Attribute */

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Readonly<Record<string, Attribute>>} attributes a function listens to the event of that name
 * @param {...(Node | string | null)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function el(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value !== false) element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** @typedef {readonly [title: string, kind: 'text' | 'count' | 'fen']} Column */
/** @typedef {readonly (string | number | null)[]} Row */

/**
 * A table behind a chart, closed until somebody asks for it.
 *
 * @param {string} caption @param {readonly Column[]} columns @param {readonly Row[]} rows
 * @param {Row | null} [total]
 */
export function tableOf(caption, columns, rows, total = null) {
  const cell = (/** @type {string | number | null} */ value, /** @type {number} */ at) => {
    const kind = columns[at]?.[1] ?? 'text';
    const text = value === null ? '—' : typeof value === 'number' ? inWords(value, kind) : value;
    return at === 0
      ? el('th', { scope: 'row' }, text)
      : el('td', kind === 'text' ? {} : { class: 'number' }, text);
  };
  const line = (/** @type {Row} */ row) => el('tr', {}, ...row.map(cell));
  const head = columns.map(([title, kind]) =>
    el('th', { scope: 'col', ...(kind === 'text' ? {} : { class: 'number' }) }, title),
  );
  return el(
    'details',
    { class: 'data' },
    el('summary', {}, `数据表：${caption}`),
    el(
      'div',
      { class: 'scrolled' },
      el(
        'table',
        {},
        el('caption', {}, caption),
        el('thead', {}, el('tr', {}, ...head)),
        el('tbody', {}, ...rows.map(line)),
        total === null ? null : el('tfoot', {}, line(total)),
      ),
    ),
  );
}
