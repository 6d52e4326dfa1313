/** A finding as sentences: what was found and, where it matters, what to do. */
import type { ErrorCode } from '../../protocol/errors';
import type { DeviceFailure } from '../media/device-failure';
import type { FailureText, Language, Texts } from '../texts';
import type { Finding } from './findings';

export function sentencesOf(finding: Finding, texts: Texts, language: Language): string {
  const t = texts.diagnosis;
  const number = (value: number | undefined): string =>
    value === undefined ? '' : new Intl.NumberFormat(language, { maximumSignificantDigits: 3 }).format(value);
  const { measures = {} } = finding;
  switch (finding.check) {
    case 'camera':
      if (finding.word !== 'ok') return failure(texts.devices.cameraFailures[finding.word]);
      return measures.width === undefined
        ? t.works
        : t.camera(String(measures.width), String(measures.height ?? 0));
    case 'microphone':
      return finding.word === 'ok' ? t.works : failure(microphoneFailure(finding.word, texts));
    case 'permissions':
      return t.permissions[finding.word];
    case 'hub':
      if (finding.word === 'ok') return t.hub.ok;
      return finding.word === 'failed'
        ? `${texts.status.failed}.`
        : `${texts.status.unreachable}. ${texts.status.unreachableAdvice}`;
    case 'media-server':
      if (finding.word === 'unavailable')
        return `${texts.status.mediaUnavailable}. ${texts.status.mediaAdvice}`;
      if (finding.word === 'udp-ports-taken') {
        const { short, advice } = texts.status.mediaTroubles[finding.word];
        return failure({ title: short, advice });
      }
      if (finding.word !== 'ok') return t.mediaServer[finding.word];
      return finding.version === undefined
        ? t.mediaServer.ok
        : t.mediaServer.measured(finding.version, number(measures.roundTrip));
    case 'udp':
      if (finding.word === 'unasked') return t.udp.unasked;
      if (finding.word !== 'ok') return failure(errorText(finding.word, texts));
      // Chromium measures in whole milliseconds: on one computer it finds none.
      return measures.roundTrip === undefined || measures.roundTrip < 1
        ? t.udp.ok
        : t.udp.measured(number(measures.roundTrip));
    case 'servers':
      return finding.word === 'none' ? t.servers.none : texts.settings.connection.found[finding.word];
  }
}

function failure({ title, advice }: FailureText): string {
  return `${title}. ${advice}`;
}

function microphoneFailure(word: DeviceFailure, texts: Texts): FailureText {
  return texts.devices.microphoneFailures[word];
}

function errorText(code: ErrorCode, texts: Texts): FailureText {
  return texts.errors[code];
}
