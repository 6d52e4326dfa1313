/** A failure as its sentence, with the reference that finds it in the log. */
import type { ReactNode } from 'react';
import type { Failure } from '../../protocol/errors';
import { useTexts } from '../services';
import { StatusBanner } from './status-banner';

export function FailureBanner({
  failure,
  children,
}: {
  readonly failure: Failure;
  readonly children?: ReactNode;
}) {
  const texts = useTexts();
  const { title, advice } = texts.errors[failure.code];
  return (
    <StatusBanner
      tone="bad"
      title={title}
      advice={advice}
      reference={failure.ref === undefined ? undefined : texts.reference(failure.ref)}
    >
      {children}
    </StatusBanner>
  );
}
