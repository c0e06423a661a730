import './how-it-goes.css';

const STEPS = [
  ['The buyer', 'orders. The check office judges credit, holds the money and issues an electronic check.'],
  ['The buyer', 'presents the check. The seller has it validated, and promises the goods.'],
  ['The buyer', 'indicates the payment. The seller instructs the distributor.'],
  ['The distributor', 'fixes when the goods come, carries them, and reports how it went.'],
  ['The seller', 'is paid by the check, once the goods are delivered.'],
] as const;

/** An order from beginning to end, for whoever is here for the first time. */
export function HowItGoes() {
  return (
    <section className="how-it-goes" aria-labelledby="how-it-goes">
      <h2 id="how-it-goes">How an order goes</h2>
      <ol>
        {STEPS.map(([who, what]) => (
          <li key={what}>
            <strong>{who}</strong> {what}
          </li>
        ))}
      </ol>
      <p>
        Each tab signs in for itself: open one for every party, put them side by side, and watch the order move in all
        of them. What is ordered at the desk is presented and paid by hand; the sellers and distributors of the demo act
        by themselves until they are told otherwise at their own desks.
      </p>
    </section>
  );
}
