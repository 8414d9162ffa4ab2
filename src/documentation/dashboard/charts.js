// Draws charts with ECharts: one look for all of them. Its tooltips are drawn as text, so that nothing of the data is HTML and no
// style stands in an element.

/** Told apart by lightness too, for who does not see the hue. */
export const colours = {
  ink: '#1f2933',
  quiet: '#5f6b76',
  line: '#d5dbe1',
  strong: '#1b4b7a',
  mild: '#6b98c3',
  pale: '#dbe6f1',
  warn: '#b45309',
};

const font =
  '"Source Han Sans SC", "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", "Hiragino Sans GB", sans-serif';
const fontSize = 12;
/** Canvas is printed as it is: drawn finer than most screens show. */
const leastRatio = 2;

/** @typedef {import('echarts').EChartsOption} Option */
/** @type {Map<HTMLElement, import('echarts').ECharts>} */
const drawn = new Map();

/** @param {HTMLElement} place in the page @param {Option} option */
export function draw(place, option) {
  drawn.get(place)?.dispose();
  const chart = echarts.init(place, null, { devicePixelRatio: Math.max(leastRatio, devicePixelRatio) });
  drawn.set(place, chart);
  chart.setOption({
    animation: false,
    textStyle: { fontFamily: font, fontSize, color: colours.ink },
    ...option,
  });
}

/** Lets go of the charts that are no longer in the page. */
export function dropCharts() {
  for (const [place, chart] of drawn) {
    if (place.isConnected) continue;
    chart.dispose();
    drawn.delete(place);
  }
}

function fitCharts() {
  for (const chart of drawn.values()) {
    chart.resize({ width: 'auto' });
    chart.getZr().flush(); // before the page is printed, not in the next frame
  }
}
addEventListener('resize', fitCharts);
matchMedia('print').addEventListener('change', fitCharts);

/** @type {import('echarts').TooltipComponentOption} */
export const tooltip = {
  renderMode: 'richText',
  confine: true,
  trigger: 'axis',
  axisPointer: { type: 'shadow', shadowStyle: { color: 'rgba(31, 41, 51, 0.06)' } },
  backgroundColor: '#fff',
  borderColor: colours.line,
  textStyle: { fontFamily: font, fontSize, color: colours.ink },
};

/** @type {import('echarts').LegendComponentOption} */
export const legend = {
  top: 0,
  left: 0,
  itemWidth: 12,
  itemHeight: 12,
  itemGap: 16,
  selectedMode: false,
  textStyle: { color: colours.ink, fontSize },
};

/** An axis of names. @param {readonly string[]} data */
export function names(data) {
  return {
    type: /** @type {const} */ ('category'),
    data: [...data],
    axisTick: { show: false },
    axisLine: { lineStyle: { color: colours.line } },
    axisLabel: { color: colours.ink, fontSize, lineHeight: 16, interval: 0 },
  };
}

/** An axis of numbers. @param {(value: number) => string} words @param {number} [least] between two marks */
export function numbers(words, least = 1) {
  return {
    type: /** @type {const} */ ('value'),
    minInterval: least,
    splitNumber: 4,
    axisLabel: { color: colours.quiet, fontSize, formatter: words, hideOverlap: true },
    splitLine: { lineStyle: { color: '#e9edf0' } },
  };
}

/**
 * Bars of one series.
 *
 * @param {string} name @param {readonly number[]} data @param {string} color @param {object} [more]
 * @returns {import('echarts').BarSeriesOption}
 */
export function bars(name, data, color, more = {}) {
  return {
    type: 'bar',
    name,
    data: [...data],
    itemStyle: { color },
    barMaxWidth: 28,
    labelLayout: { hideOverlap: true },
    ...more,
  };
}

/** The number at the end of a bar; nothing at an empty one. @param {(value: number) => string} words @param {'top' | 'right'} position */
export function labelled(words, position) {
  return {
    show: true,
    position,
    distance: 4,
    color: colours.ink,
    fontSize: 11,
    formatter: (/** @type {{ value: unknown }} */ { value }) => (value === 0 ? '' : words(Number(value))),
  };
}
