import { AreaFields, HolidayFields } from '../../distributor/terms-area.tsx';
import { CarryingFields, ClockFields, type TermsFields } from '../../distributor/terms-fields.tsx';

/** Where, when and what a distributor delivers: the same fields as at its own desk. */
export function TermsForm(fields: TermsFields) {
  return (
    <>
      <AreaFields {...fields} />
      <ClockFields {...fields} />
      <HolidayFields {...fields} />
      <CarryingFields {...fields} />
    </>
  );
}
