// Shows the Chinese of enum values: in the schema, beside a parameter and in the list one chooses from.

import { alternatives, wordOf } from './contract.js';

/** @type {UiPlugin} */
export const words = (system) => {
  const { React } = system;
  const h = React.createElement;

  /** The values of an enum in a schema, each with its Chinese. @param {{ schema: Schema }} props */
  function Enum({ schema }) {
    if (!Array.isArray(schema.enum)) return null;
    const values = schema.enum.map((/** @type {unknown} */ value) =>
      h('li', { key: String(value) }, h('code', null, String(value)), ` ${wordOf([schema], value) ?? ''}`),
    );
    return h(
      'div',
      { className: 'json-schema-2020-12-keyword json-schema-2020-12-keyword--enum' },
      h(
        'span',
        { className: 'json-schema-2020-12-keyword__name json-schema-2020-12-keyword__name--primary' },
        '取值',
      ),
      h('ul', { className: 'enum-words' }, values),
    );
  }

  /** A list to choose from: `draft 草稿`. @param {Rendered} props */
  function Choice({ allowedValues, allowEmptyValue, schemas, onChange, ...props }) {
    const chosen = (/** @type {{ target: HTMLSelectElement }} */ { target }) => onChange(target.value);
    const list = [...allowedValues].map((one) =>
      h('option', { key: String(one), value: String(one) }, `${one} ${wordOf(schemas, one) ?? ''}`.trim()),
    );
    const empty = allowEmptyValue ? h('option', { value: '' }, '--') : null;
    return h('select', { ...props, onChange: chosen }, empty, list);
  }

  return {
    components: { JSONSchema202012KeywordEnum: Enum },
    wrapComponents: {
      JsonSchema_string: (/** @type {Rendered} */ Original) => (/** @type {Rendered} */ props) => {
        const { schema, value, errors, required, disabled, onChange } = props;
        const allowedValues = schema?.get?.('enum');
        if (allowedValues === undefined || allowedValues === null) return h(Original, props);
        const faults = errors?.toJS?.() ?? [];
        return h(Choice, {
          className: faults.length > 0 ? 'invalid' : '',
          title: faults.join('；'),
          allowedValues,
          allowEmptyValue: !required,
          value: value ?? '',
          disabled,
          onChange,
          schemas: alternatives(schema.toJS()),
        });
      },
    },
  };
};
