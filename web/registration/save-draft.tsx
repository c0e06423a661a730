import type { Draft } from './draft.ts';
import { ActButton } from '../shared/act-button.tsx';
import { ProblemAlert } from '../shared/states.tsx';

/** Saves what was typed over a registration or a part of it, or takes it back; says when somebody else has changed it meanwhile. */
export function SaveDraft(props: {
  /** What is saved: `terms`. Absent: all of it. */
  readonly what?: string;
  readonly draft: Pick<Draft<unknown>, 'isChanged' | 'isOvertaken' | 'drop'>;
  readonly put: { readonly isPending: boolean; readonly error: unknown };
}) {
  const { what, draft, put } = props;
  return (
    <>
      {draft.isOvertaken && (
        <p role="alert" className="note">
          This was changed elsewhere meanwhile. Save puts what you see here in its place; what was changed you see when
          you discard your changes.
        </p>
      )}
      <div className="actions">
        <ActButton busy={put.isPending} disabled={!draft.isChanged}>
          {what === undefined ? 'Save' : `Save ${what}`}
        </ActButton>
        {draft.isChanged && (
          <button type="button" className="secondary outline" onClick={draft.drop}>
            Discard changes
          </button>
        )}
      </div>
      {put.error !== null && <ProblemAlert error={put.error} />}
    </>
  );
}
