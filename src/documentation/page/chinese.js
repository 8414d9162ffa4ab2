// Swagger UI's own words in Chinese. Each component that has some is wrapped, and the texts it renders are looked
// up; nothing that comes from the contract or from an answer is touched.

import { theContract } from './contract.js';

const words = new Map([
  ['Authorize', '授权'],
  ['Try it out', '试用'],
  ['Cancel', '取消'],
  ['Reset', '恢复示例'],
  ['Execute', '执行'],
  ['Clear', '清除'],
  ['Parameters', '参数'],
  ['No parameters', '没有参数'],
  ['Callbacks', '回调'],
  ['Name', '名称'],
  ['Description', '说明'],
  ['Request body', '请求内容'],
  ['Responses', '可能的回答'],
  ['Code', '状态码'],
  ['Links', '链接'],
  ['No links', '没有链接'],
  ['Media type', '媒体类型'],
  ['Controls', '决定请求头'],
  ['header.', ''],
  ['Examples:', '示例：'],
  ['Example Description', '示例说明'],
  ['Example Value', '示例'],
  ['Example', '示例'],
  ['Schema', '结构'],
  ['Model', '结构'],
  ['Schemas', '数据结构'],
  ['Webhooks', '事件推送'],
  ['Headers:', '响应头：'],
  ['Type', '类型'],
  ['Curl', 'curl 命令'],
  ['Details', '说明'],
  ['Errors', '出错'],
  ['Hide', '收起'],
  ['Show', '展开'],
  ['Send empty value', '发送空值'],
  ['Warning: Deprecated', '此接口将停用'],
  ['Expand all', '全部展开'],
  ['Collapse all', '全部收起'],
  ['Items', '每一项'],
  ['Properties', '字段'],
  ['Additional properties', '其他字段'],
  ['One of', '其中之一'],
  ['Any of', '其中任一'],
  ['All of', '全部满足'],
  ['Discriminator', '区分字段'],
  ['Examples', '示例'],
  ['Default', '默认值'],
  ['Const', '固定值'],
  ['forbidden', '不允许'],
  ['allowed', '允许'],
  ['Parameter content type', '参数媒体类型'],
  ['Loading...', '正在加载…'],
  ['Edit Value', '编辑'],
  ['Copy to clipboard', '复制'],
  ['Collapse operation', '收起'],
  ['Expand operation', '展开'],
  ['Add string item', '添加一项'],
  ['Add item', '添加一项'],
  ['Please correct the following validation errors and try again.', '请更正以下各项后再执行：'],
  ['Unrecognized response type; displaying content as text.', '未识别的内容类型，按文本显示。'],
]);

const ofParameters = new Map([
  ['path', '路径'],
  ['query', '查询'],
  ['header', '请求头'],
  ['cookie', 'Cookie'],
]);

/** The properties that hold words; a component of its own may take them as its name. */
const labels = ['title', 'aria-label', 'placeholder', 'label'];

/** The components that render words of their own. */
const components = [
  ...['authorizeBtn', 'TryItOutButton', 'execute', 'clear', 'response', 'curl'],
  ...['modelExample', 'RequestBody', 'RequestBodyEditor', 'ParamBody', 'ParameterIncludeEmpty', 'headers'],
  ...[
    'errors',
    'Models',
    'OAS31Models',
    'Webhooks',
    'operation',
    'contentType',
    'JsonSchema_array',
    'Example',
  ],
  ...[
    'ExamplesSelect',
    'ExamplesSelectValueRetainer',
    'HighlightCode',
    'CopyToClipboardBtn',
    'OperationSummary',
  ],
  ...[
    'JSONSchema202012ExpandDeepButton',
    'JSONSchema202012KeywordItems',
    'JSONSchema202012KeywordProperties',
  ],
  ...[
    'JSONSchema202012KeywordAdditionalProperties',
    'JSONSchema202012KeywordOneOf',
    'JSONSchema202012KeywordAnyOf',
  ],
  ...['JSONSchema202012KeywordAllOf', 'JSONSchema202012KeywordDefault', 'JSONSchema202012KeywordConst'],
  ...['JSONSchema202012KeywordExamples', 'JSONSchema202012KeywordDiscriminator'],
];

/** Those within a boundary for errors. */
const bounded = ['parameters', 'responses', 'Models'];

/** @type {UiPlugin} */
export const chinese = (system) => {
  const { React } = system;
  const h = React.createElement;

  const translating = (/** @type {Rendered} */ Original) =>
    withRender(Original, (shown) => translated(React, shown));

  /** The same for a component that Swagger UI has put into a boundary for errors: the texts are within. */
  const translatingWithin = (/** @type {Rendered} */ Original) => {
    /** @type {Map<Rendered, Rendered>} */
    const known = new Map();
    return withRender(Original, (shown) => {
      const inner = shown?.props?.children;
      if (!React.isValidElement(inner)) return translated(React, shown);
      if (!known.has(inner.type)) known.set(inner.type, translating(inner.type));
      return React.cloneElement(shown, {}, h(known.get(inner.type), inner.props));
    });
  };

  /** The Chinese name of a tag, which its description begins with, in place of the English one. */
  const tagInChinese = (/** @type {Rendered} */ Original) => (/** @type {Rendered} */ props) => {
    const { tags = [] } = theContract();
    const described = tags.find((/** @type {Schema} */ tag) => tag.name === props.text)?.description;
    return h(Original, { ...props, text: described?.split(' · ')[0] ?? props.text });
  };

  const tagWithoutName = (/** @type {Rendered} */ Original) => {
    const Translated = translating(Original);
    return (/** @type {Rendered} */ props) => {
      const path = ['tagDetails', 'description'];
      const english = (/** @type {string | undefined} */ text) => text?.split(' · ').slice(1).join(' · ');
      return h(Translated, { ...props, tagObj: props.tagObj.updateIn(path, english) });
    };
  };

  /** `(query)` beside a parameter, and its format. */
  const parameterInChinese = (/** @type {Rendered} */ Original) =>
    withRender(Original, (shown) => translated(React, shown, ofParameters));

  return {
    wrapComponents: {
      ...Object.fromEntries(components.map((name) => [name, translating])),
      ...Object.fromEntries(bounded.map((name) => [name, translatingWithin])),
      DeepLink: tagInChinese,
      OperationTag: tagWithoutName,
      parameterRow: parameterInChinese,
    },
  };
};

/**
 * A component whose output is changed.
 *
 * @param {Rendered} Original @param {(shown: Rendered) => Rendered} change
 * @returns {Rendered}
 */
function withRender(Original, change) {
  if (Original.prototype?.isReactComponent !== undefined)
    return class extends Original {
      render() {
        return change(super.render());
      }
    };
  return typeof Original === 'function'
    ? (/** @type {Rendered} */ props) => change(Original(props))
    : Original;
}

/**
 * The same elements with their texts, titles and labels in Chinese.
 *
 * @param {System} React @param {Rendered} shown @param {ReadonlyMap<string, string>} more further words
 * @returns {Rendered}
 */
function translated(React, shown, more = new Map()) {
  const inChinese = (/** @type {string} */ text) => more.get(text.trim()) ?? words.get(text.trim()) ?? text;
  /** @type {(node: Rendered) => Rendered} */
  const walk = (node) => {
    if (typeof node === 'string') return inChinese(node);
    if (Array.isArray(node)) return node.map(walk);
    if (!React.isValidElement(node)) return node;
    const { children, ...rest } = node.props;
    const named = typeof node.type === 'function' ? [...labels, 'name'] : labels;
    const texts = Object.fromEntries(
      named.filter((name) => typeof rest[name] === 'string').map((name) => [name, inChinese(rest[name])]),
    );
    if (children === undefined) return React.cloneElement(node, texts);
    return Array.isArray(children)
      ? React.cloneElement(node, texts, ...children.map(walk))
      : React.cloneElement(node, texts, walk(children));
  };
  return walk(shown);
}
