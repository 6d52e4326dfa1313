/** A certificate's fingerprint, to be compared by eye: its lines end between two pairs of digits, never within one. */
import { Fragment } from 'react';
import './fingerprint.css';

export function Fingerprint({ label, value }: { readonly label: string; readonly value: string }) {
  return (
    <dl className="fingerprint">
      <dt>{label}</dt>
      <dd>
        {value.split(/(?<=:)/).map((pair, index) => (
          <Fragment key={index}>
            {pair}
            <wbr />
          </Fragment>
        ))}
      </dd>
    </dl>
  );
}
