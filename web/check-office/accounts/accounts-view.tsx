import { useState } from 'react';
import { useSearchParams } from 'react-router';
import { api } from '../../data/api.ts';
import { usePages } from '../../data/pages.ts';
import { More } from '../../shared/more.tsx';
import { Panel } from '../../shared/page.tsx';
import { Empty, Loaded } from '../../shared/states.tsx';
import { Table, type Column } from '../../shared/table.tsx';
import { Mark, Money } from '../../shared/values.tsx';
import type { Schemas } from '../data.ts';
import { Choice } from '../choice.tsx';
import { AccountDetail } from './account-detail.tsx';
import { NewAccountForm } from './new-account-form.tsx';

type Account = Schemas['ListedAccount'];

/** The account registry: what every party has, and what the check office does with an account. */
export default function AccountsView() {
  const [search, setSearch] = useSearchParams();
  const chosen = search.get('account');
  const choose = (account: string): void => setSearch({ view: 'accounts', account }, { preventScrollReset: true });
  return (
    <>
      {chosen !== null && <AccountDetail key={chosen} accountId={chosen} />}
      <AccountList chosen={chosen} onChoose={choose} />
      <Panel title="Open an account">
        <NewAccountForm onOpened={choose} />
      </Panel>
    </>
  );
}

function AccountList(props: { readonly chosen: string | null; readonly onChoose: (id: string) => void }) {
  const [status, setStatus] = useState<Account['status'] | ''>('');
  const [kind, setKind] = useState<Account['kind'] | ''>('');
  const filter = { limit: 20, ...(status && { status }), ...(kind && { kind }) };
  const accounts = usePages('/v1/accounts', filter, (query) => api.GET('/v1/accounts', { params: { query } }));
  return (
    <Panel title="Accounts">
      <div className="actions">
        <Choice label="Status" value={status} options={['', 'open', 'frozen', 'closed']} onChange={setStatus} />
        <Choice label="Of" value={kind} options={['', 'buyer', 'seller']} onChange={setKind} />
      </div>
      <Loaded of={accounts}>
        {(data) =>
          data.length === 0 ? (
            <Empty>There is no such account. One is opened below, or by registering a seller.</Empty>
          ) : (
            <AccountTable accounts={data} {...props} />
          )
        }
      </Loaded>
      <More of={accounts} what="accounts" />
    </Panel>
  );
}

function AccountTable(props: {
  readonly accounts: readonly Account[];
  readonly chosen: string | null;
  readonly onChoose: (id: string) => void;
}) {
  const { accounts, chosen, onChoose } = props;
  return (
    <Table
      label="Accounts"
      rows={accounts}
      keyOf={({ id }) => id}
      columns={[
        {
          title: 'Account',
          render: ({ id }) => (
            <button type="button" className="link" aria-pressed={chosen === id} onClick={() => onChoose(id)}>
              {id}
            </button>
          ),
        },
        { title: 'Status', render: ({ status }) => <Mark word={status} /> },
        ...SUMS,
      ]}
    />
  );
}

const SUMS: readonly Column<Account>[] = [
  { title: 'Balance', number: true, render: ({ balance }) => <Money of={balance} /> },
  { title: 'Held', number: true, render: ({ held }) => <Money of={held} /> },
  { title: 'Credit line', number: true, render: ({ creditLimit }) => <Money of={creditLimit} /> },
  { title: 'Available', number: true, render: ({ available }) => <Money of={available} /> },
];
