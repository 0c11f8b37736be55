import { html, type Html } from '../../src/http/pages/html';

describe('the html template', () => {
  test('escapes every value, in text and in attributes', () => {
    const value = `<script>&"'`;
    expect(html`<p title="${value}">${value}</p>`.text).toBe(
      '<p title="&lt;script&gt;&amp;&quot;&#39;">&lt;script&gt;&amp;&quot;&#39;</p>',
    );
  });

  test('takes what it made itself as it is, one piece or several', () => {
    const pieces = ['<a>', '<b>'].map((text) => html`<i>${text}</i>`);
    expect(html`<p>${pieces}</p>`.text).toBe('<p><i>&lt;a&gt;</i><i>&lt;b&gt;</i></p>');
    expect(html`<p>${html`<br />`}</p>`.text).toBe('<p><br /></p>');
  });

  test('writes numbers, and nothing for null', () => {
    expect(html`${0}${null}${42}`.text).toBe('042');
  });

  test('takes nothing for HTML that only looks like it', () => {
    const forged = { text: '<script>', toString: () => '<b>' } as unknown as Html;
    expect(html`${forged}${[forged]}`.text).toBe('&lt;b&gt;&lt;b&gt;');
  });
});
