import type { FastifyReply } from 'fastify';
import type { StatedLine } from '../../billing/statement-form';
import type { Stated } from '../../billing/statement.service';
import { html, Html } from './html';
import { sendPage, sheetOf, type Page } from './layout';

const STYLE = `
@page { size: A4; margin: 18mm; }
:root { font: 10.5pt/1.45 system-ui, sans-serif; color: #111; background: #fff; }
main { max-width: 174mm; margin: 0 auto; }
h1 { font-size: 16pt; margin: 0 0 4mm; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 1mm 6mm; margin: 0 0 8mm; }
dt { color: #555; } dd { margin: 0; overflow-wrap: anywhere; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: 1.6mm 2mm; text-align: left; border-bottom: .2mm solid #bbb; }
tr { break-inside: avoid; }
thead { display: table-header-group; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
tfoot td { font-weight: 700; border-bottom: 0; }
.draft { padding: 2mm 3mm; border: .3mm solid #a15c00; color: #7a4500; }
`;

const SHEET = sheetOf(STYLE);

/** Sends a statement as a page to print on A4. */
export function sendStatement(reply: FastifyReply, stated: Stated): FastifyReply {
  return sendPage(reply, 200, pageOf(stated), SHEET);
}

function pageOf({ form, sha256 }: Stated): Page {
  const isDraft = form.number === null;
  const title = isDraft ? 'Draft of a statement' : `Statement ${form.number}`;
  const totals = [form.total, ...form.otherTotals];
  const unbilled = form.callsOfUnknownDuration ?? 0;
  const body = html`${isDraft ? new Html('<p class="draft">This is a draft. It can still change.</p>') : null}
    <dl>
      ${fact('Agency', form.agencyName)} ${fact('Client', form.clientName)}
      ${fact('Period', `${form.from} to ${form.to} (${form.timeZone})`)}
      ${fact('Final since', form.finalizedAt && `${form.finalizedAt.slice(0, 16).replace('T', ' ')} UTC`)}
      ${fact('Not billed yet', unbilled > 0 && `${unbilled} of the calls, whose duration is not known`)}
      ${fact('SHA-256', sha256)}
    </dl>
    <table>
      <thead>
        <tr>
          <th>Calls on</th>
          <th class="number">Price per minute</th>
          <th class="number">Increments</th>
          <th class="number">Calls</th>
          <th class="number">Billed seconds</th>
          <th class="number">Amount</th>
        </tr>
      </thead>
      <tbody>
        ${form.lines.map(rowOf)}
      </tbody>
      <tfoot>
        ${totals.map(
          ({ amount, currency }) =>
            html`<tr>
              <td colspan="5">Total</td>
              <td class="number">${amount} ${currency}</td>
            </tr>`,
        )}
      </tfoot>
    </table>`;
  return { title, body };
}

/** Nothing is said of what is not known, or does not apply. */
function fact(name: string, value: string | false | null | undefined): Html | null {
  return value === null || value === undefined || value === false
    ? null
    : html`<dt>${name}</dt>
        <dd>${value}</dd>`;
}

const ACCOUNTS = { AGENCY: "the agency's account", CLIENT: "the client's own account" } as const;

function rowOf(line: StatedLine): Html {
  const account = line.keySource === null ? 'no account' : ACCOUNTS[line.keySource];
  const adjusted = line.adjusts === null ? null : ` (adjusts statement ${line.adjusts})`;
  const price = line.pricePerMinute === null ? 'no rate' : `${line.pricePerMinute} ${line.amount.currency}`;
  return html`<tr>
    <td>${account}${adjusted}</td>
    <td class="number">${price}</td>
    <td class="number">${line.increments}</td>
    <td class="number">${line.calls}</td>
    <td class="number">${line.billedSeconds}</td>
    <td class="number">${line.amount.amount} ${line.amount.currency}</td>
  </tr>`;
}
