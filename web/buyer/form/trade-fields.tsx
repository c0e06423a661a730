import { Field } from './field.tsx';
import type { Draft, Faults, SettleOn } from './draft.ts';
import { deliveryAdvice, nameAmong, type Distributor, type Party } from './who-delivers.ts';

/** Who sells, who delivers, and when the money goes to the one who sells. */
export function TradeFields(props: {
  readonly sellers: readonly Party[];
  readonly distributors: readonly Distributor[];
  readonly sellerId: string;
  readonly distributorId: string;
  /** Where the goods go. */
  readonly country: string;
  readonly settleOn: SettleOn | undefined;
  readonly faults: Faults;
  readonly onChange: (change: Partial<Draft>) => void;
}) {
  const { sellers, distributors, sellerId, distributorId, country, settleOn, faults, onChange } = props;
  return (
    <div className="trade-fields">
      <Field label="Seller" required fault={faults.get('/sellerId')}>
        {(wiring) => (
          <select {...wiring} value={sellerId} onChange={({ target }) => onChange({ sellerId: target.value })}>
            <Parties list={sellers} />
          </select>
        )}
      </Field>
      <Field
        label="Distributor"
        required
        advice={deliveryAdvice(country, distributors, distributorId)}
        fault={faults.get('/distributorId')}
      >
        {(wiring) => (
          <select
            {...wiring}
            value={distributorId}
            onChange={({ target }) => onChange({ distributorId: target.value })}
          >
            <Parties list={distributors} />
          </select>
        )}
      </Field>
      <Field label="Money is paid" fault={faults.get('/settleOn')}>
        {(wiring) => (
          <select
            {...wiring}
            value={settleOn ?? ''}
            onChange={({ target }) => onChange({ settleOn: SETTLEMENTS.find(({ is }) => is === target.value)?.is })}
          >
            <option value="">as the seller has it</option>
            {SETTLEMENTS.map(({ is, when }) => (
              <option key={is} value={is}>
                {when}
              </option>
            ))}
          </select>
        )}
      </Field>
    </div>
  );
}

const SETTLEMENTS: readonly { readonly is: SettleOn; readonly when: string }[] = [
  { is: 'delivery', when: 'after the delivery' },
  { is: 'notice', when: 'as soon as the goods are promised' },
];

function Parties({ list }: { readonly list: readonly Party[] }) {
  return list.map((party) => (
    <option key={party.id} value={party.id}>
      {nameAmong(list, party)}
    </option>
  ));
}
