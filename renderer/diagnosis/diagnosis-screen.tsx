/** The diagnosis as a list that fills from the top: for each check what was found and, where it matters, what to do. */
import { useEffect, useState } from 'react';
import { Button } from '../components/button';
import { Icon } from '../components/icon';
import { StatusBanner } from '../components/status-banner';
import { useLanguage, useServices, useTexts } from '../services';
import { useStore } from '../store';
import { useResource } from '../use-resource';
import { Diagnosis, type DiagnosisState } from './diagnosis';
import { CHECKS, statusOf, type CheckId, type Finding } from './findings';
import { reportText } from './report';
import { sentencesOf } from './sentences';
import './diagnosis.css';

export function DiagnosisScreen() {
  const services = useServices();
  const diagnosis = useResource(() => new Diagnosis(services), 'diagnosis');
  return diagnosis && <Checks diagnosis={diagnosis} />;
}

function Checks({ diagnosis }: { readonly diagnosis: Diagnosis }) {
  const texts = useTexts();
  const state = useStore(diagnosis.state);
  const t = texts.diagnosis;
  return (
    <div className="diagnosis">
      <h1>{t.title}</h1>
      <p className="diagnosis__lead">{t.lead}</p>
      <div className="diagnosis__actions">
        <Button
          variant="primary"
          icon={state.done ? 'refresh' : 'play'}
          busy={state.running !== null}
          onClick={() => void diagnosis.run()}
        >
          {state.running !== null ? t.running : state.done ? t.again : t.run}
        </Button>
      </div>
      {state.done && <Verdict findings={state.findings} />}
      <ol className="diagnosis__checks">
        {CHECKS.map((check) => (
          <Check key={check} check={check} state={state} />
        ))}
      </ol>
      {state.done && <Report findings={state.findings} />}
    </div>
  );
}

function Verdict({ findings }: { readonly findings: readonly Finding[] }) {
  const { diagnosis: t } = useTexts();
  return findings.some((finding) => statusOf(finding) === 'bad') ? (
    <StatusBanner tone="bad" title={t.someBad} advice={t.someBadAdvice} />
  ) : (
    <StatusBanner tone="good" title={t.allGood} advice={t.allGoodAdvice} />
  );
}

const ICONS = { good: 'check', note: 'info', bad: 'alert', waiting: 'more', running: 'more' } as const;

function Check({ check, state }: { readonly check: CheckId; readonly state: DiagnosisState }) {
  const texts = useTexts();
  const language = useLanguage();
  const found = state.findings.filter((finding) => finding.check === check);
  const statuses = found.map(statusOf);
  const status =
    state.running === check
      ? 'running'
      : found.length === 0
        ? 'waiting'
        : ((['bad', 'note'] as const).find((each) => statuses.includes(each)) ?? 'good');
  return (
    <li className={`diagnosis__check diagnosis__check--${status}`} data-check={check} data-status={status}>
      <Icon name={ICONS[status]} />
      <div>
        <h2>
          {texts.diagnosis.checks[check]}
          <span className="visually-hidden">: {texts.diagnosis.status[status]}</span>
        </h2>
        {found.map((finding, index) => (
          <p key={index}>{sentencesOf(finding, texts, language)}</p>
        ))}
      </div>
    </li>
  );
}

function Report({ findings }: { readonly findings: readonly Finding[] }) {
  const { platform, toasts } = useServices();
  const texts = useTexts();
  const language = useLanguage();
  const version = useAppVersion();
  const t = texts.diagnosis;
  const text = reportText(findings, {
    version,
    kind: platform.kind,
    userAgent: navigator.userAgent,
    language,
  });
  return (
    <section className="diagnosis__report" aria-labelledby="diagnosis-report">
      <h2 id="diagnosis-report">{t.report}</h2>
      <p>{t.reportHint}</p>
      <pre>{text}</pre>
      <Button
        icon="copy"
        onClick={() => {
          navigator.clipboard.writeText(text).then(
            () => toasts.show(texts.app.copied, 'good'),
            () => toasts.show(texts.app.copyFailed, 'bad'),
          );
        }}
      >
        {t.copy}
      </Button>
    </section>
  );
}

/** Empty in a browser: the page is as new as its hub. */
function useAppVersion(): string {
  const [version, setVersion] = useState('');
  useEffect(() => {
    void window.callcast?.invoke('app:info').then((info) => {
      if (info.ok) setVersion(info.value.version);
    });
  }, []);
  return version;
}
