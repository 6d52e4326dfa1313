/** What a test found, with a mark that does not rest on colour alone; read aloud when it appears. */
import type { ReactNode } from 'react';
import { Icon } from '../components/icon';
import './test-result.css';

export function TestResult({ good, children }: { readonly good: boolean; readonly children: ReactNode }) {
  return (
    <div className={`test-result test-result--${good ? 'good' : 'bad'}`} role="status">
      <Icon name={good ? 'check' : 'alert'} />
      <div>{children}</div>
    </div>
  );
}
