// ECharts as the page sees it: a classic script with one global, typed by the package.

declare const echarts: typeof import('echarts');
