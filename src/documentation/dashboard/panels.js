// Panels: a heading, a sentence, charts, notes, and the table behind them.

import { draw } from './charts.js';
import { el } from './elements.js';

/**
 * @typedef {object} Chart
 * @property {string} [heading]
 * @property {number} height in CSS pixels
 * @property {string} label what it shows, for who does not see it
 * @property {import('./charts.js').Option} option
 */
/**
 * @typedef {object} Content
 * @property {string} lead a sentence, or what to do where there is nothing
 * @property {readonly Chart[]} charts
 * @property {readonly HTMLElement[]} tables
 * @property {readonly string[]} [notes]
 * @property {readonly HTMLElement[]} [tiles]
 */

/** An empty panel, to be filled. @param {string} id @param {string} title @param {boolean} isWide */
export function panelOf(id, title, isWide) {
  return el(
    'section',
    { id, class: isWide ? 'panel wide' : 'panel', 'aria-labelledby': `${id}-title`, 'aria-busy': 'true' },
    el('h2', { id: `${id}-title` }, title),
    el('div', { class: 'content' }, el('p', { class: 'wait' }, '正在读取…')),
  );
}

/** @param {HTMLElement} panel in the page @param {Content} content */
export function fill(panel, { lead, charts, tables, notes = [], tiles = [] }) {
  const places = charts.map(({ heading, height, label }) => {
    const place = el('div', { class: 'chart', role: 'img', 'aria-label': label });
    place.style.height = `${height}px`;
    return { place, block: el('div', {}, heading === undefined ? null : el('h3', {}, heading), place) };
  });
  // Two charts of the same rows stand side by side.
  const isPair = panel.classList.contains('wide') && charts.length === 2;
  panel
    .querySelector('.content')
    ?.replaceChildren(
      el('p', { class: 'lead' }, lead),
      ...(tiles.length === 0 ? [] : [el('dl', { class: 'tiles' }, ...tiles)]),
      el('div', { class: isPair ? 'charts pair' : 'charts' }, ...places.map(({ block }) => block)),
      ...notes.map((note) => el('p', { class: 'note' }, note)),
      ...tables,
    );
  panel.setAttribute('aria-busy', 'false');
  for (const [at, { place }] of places.entries()) draw(place, charts[at]?.option ?? {});
}

/** @param {HTMLElement} panel @param {string} sentence */
export function fail(panel, sentence) {
  panel.querySelector('.content')?.replaceChildren(el('p', { class: 'problem', role: 'alert' }, sentence));
  panel.setAttribute('aria-busy', 'false');
}

/** A figure that stands alone. @param {string} name @param {string} value @param {string} [more] */
export function tile(name, value, more) {
  return el(
    'div',
    { class: 'tile' },
    el('dt', {}, name),
    el('dd', {}, el('b', {}, value), more === undefined ? null : el('span', {}, more)),
  );
}
