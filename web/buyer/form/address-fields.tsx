import { useState } from 'react';
import type { CountryForm } from './catalogue.ts';
import { typedIn, type AddressPart, type Draft, type Faults } from './draft.ts';
import { Field } from './field.tsx';

type AddressField = CountryForm['fields'][number];

interface Typing {
  readonly address: Draft['address'];
  readonly faults: Faults;
  readonly onType: (part: AddressPart, text: string) => void;
}

/** Where the goods go: the country first, then the fields of its addresses in their usual order. */
export function AddressFields(props: {
  readonly countries: readonly CountryForm[];
  readonly form: CountryForm;
  readonly typing: Typing;
  readonly onCountry: (code: string) => void;
}) {
  const { countries, form, typing, onCountry } = props;
  const [isOpen, setOpen] = useState(false);
  const usual = form.fields.filter(({ name }) => !RARE.has(name));
  const rare = form.fields.filter(({ name }) => RARE.has(name));
  const mustOpen = rare.some(({ name }) => typing.faults.has(`/deliverTo/${name}`));
  return (
    <fieldset className="address-form">
      <legend>Deliver to</legend>
      <Field label="Country" required fault={typing.faults.get('/deliverTo/country')}>
        {(wiring) => (
          <select
            {...wiring}
            autoComplete="shipping country"
            value={form.code}
            onChange={({ target }) => onCountry(target.value)}
          >
            {countries.map(({ code, name }) => (
              <option key={code} value={code}>
                {name}
              </option>
            ))}
          </select>
        )}
      </Field>
      {usual.map((field) => (
        <AddressInput key={field.name} field={field} typing={typing} />
      ))}
      <details open={isOpen || mustOpen} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
        <summary>Company, phone and what the driver should know</summary>
        {rare.map((field) => (
          <AddressInput key={field.name} field={field} typing={typing} />
        ))}
      </details>
    </fieldset>
  );
}

/** Most addresses have none of these. */
const RARE: ReadonlySet<AddressPart> = new Set(['company', 'street2', 'phone', 'note']);

function AddressInput({ field, typing }: { readonly field: AddressField; readonly typing: Typing }) {
  const { name, label, required, hint, options } = field;
  const { address, faults, onType } = typing;
  const value = address[name] ?? '';
  const shown = name === 'street2' ? 'Second line' : label;
  return (
    <Field
      label={shown}
      required={required}
      className={name}
      {...(hint !== undefined && { hint })}
      fault={faults.get(`/deliverTo/${name}`)}
    >
      {(wiring) => {
        const common = { ...wiring, autoComplete: `shipping ${AUTOCOMPLETE[name]}` };
        if (options)
          return (
            <select {...common} value={typedIn(field, address)} onChange={({ target }) => onType(name, target.value)}>
              <option value="">{required ? 'Choose …' : 'None'}</option>
              {options.map((option) => (
                <option key={option.value} value={option.value}>
                  {option.label}
                </option>
              ))}
            </select>
          );
        if (name === 'note')
          return <textarea {...wiring} rows={2} value={value} onChange={({ target }) => onType(name, target.value)} />;
        return (
          <input
            {...common}
            type={name === 'phone' ? 'tel' : 'text'}
            value={value}
            onChange={({ target }) => onType(name, target.value)}
          />
        );
      }}
    </Field>
  );
}

/** What the browser knows each of them by, so that it helps to fill them in. Nothing of an address is kept by this page. */
const AUTOCOMPLETE: Readonly<Record<AddressPart, string>> = {
  name: 'name',
  company: 'organization',
  street: 'address-line1',
  street2: 'address-line2',
  city: 'address-level2',
  region: 'address-level1',
  postalCode: 'postal-code',
  phone: 'tel',
  note: 'off',
};
