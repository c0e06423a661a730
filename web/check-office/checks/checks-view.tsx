import { useState, type SubmitEvent } from 'react';
import { useSearchParams } from 'react-router';
import { api, query } from '../../data/api.ts';
import { usePages } from '../../data/pages.ts';
import { More } from '../../shared/more.tsx';
import { Panel } from '../../shared/page.tsx';
import { Empty, Loaded } from '../../shared/states.tsx';
import { Choice } from '../choice.tsx';
import type { Schemas } from '../data.ts';
import { textsOf } from '../forms.ts';
import { CheckTable } from './check-table.tsx';

type Status = Schemas['CheckStatus'];

const STATUSES: readonly (Status | '')[] = [
  '',
  'issued',
  'presented',
  'accepted',
  'cleared',
  'final',
  'stopped',
  'expired',
  'voided',
  'returned',
  'refunded',
];

/** The register of e-checks: by status, or one by its number; stopped here before the seller has accepted it. */
export default function ChecksView() {
  const [search, setSearch] = useSearchParams();
  const number = search.get('number');
  const find = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const { number: typed = '' } = textsOf(event.currentTarget);
    setSearch({ view: 'checks', ...(typed && { number: typed }) }, { preventScrollReset: true });
  };
  return (
    <Panel title="E-checks">
      <form className="actions" key={number} onSubmit={find}>
        <label>
          Number
          <input name="number" defaultValue={number ?? ''} placeholder="check-…" autoComplete="off" size={34} />
        </label>
        <button type="submit">Find</button>
      </form>
      {number === null ? <CheckList /> : <OneCheck key={number} number={number} />}
    </Panel>
  );
}

function OneCheck({ number }: { readonly number: string }) {
  const check = query.useQuery('get', '/v1/echecks/{number}', { params: { path: { number } } });
  return <Loaded of={check}>{(found) => <CheckTable checks={[found]} />}</Loaded>;
}

function CheckList() {
  const [status, setStatus] = useState<Status | ''>('');
  const filter = { limit: 20, ...(status && { status }) };
  const checks = usePages('/v1/echecks', filter, (asked) => api.GET('/v1/echecks', { params: { query: asked } }));
  return (
    <>
      <div className="actions">
        <Choice label="Status" value={status} options={STATUSES} onChange={setStatus} />
      </div>
      <Loaded of={checks}>
        {(data) =>
          data.length === 0 ? (
            <Empty>There is no such check. One is issued with each order whose credit is good.</Empty>
          ) : (
            <CheckTable checks={data} />
          )
        }
      </Loaded>
      <More of={checks} what="checks" />
    </>
  );
}
