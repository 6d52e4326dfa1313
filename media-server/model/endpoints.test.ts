import { beforeEach, describe, expect, it } from 'vitest';
import { BaseRtpEndpoint } from './endpoints';
import { KurentoError } from './kurento-error';
import { TestModel } from './testing';

/** An endpoint whose media is of no interest here. */
class SdpOnly extends BaseRtpEndpoint {
  again: string | undefined;
  limits = 0;
  protected override createOffer(): string {
    return 'our offer';
  }
  protected override async answerOffer(offer: string): Promise<string> {
    await Promise.resolve();
    if (offer === 'garbage') throw new KurentoError('SDP_PARSE_ERROR', 'Invalid SDP');
    return `answer to ${offer}`;
  }
  protected override applyAnswer(answer: string): string {
    if (answer === 'garbage') throw new KurentoError('SDP_PARSE_ERROR', 'Invalid SDP');
    return 'our offer, answered';
  }
  protected override answerAgain(): string | undefined {
    return this.again;
  }
  protected override bandwidthChanged(): void {
    this.limits++;
  }
  override requestKeyframe(): void {}
  connectNow(): void {
    this.setConnectionState('CONNECTED');
    this.setConnectionState('CONNECTED');
    this.setMediaState('CONNECTED');
  }
}

let model: TestModel;
let endpoint: SdpOnly;
beforeEach(async () => {
  model = new TestModel({ WebRtcEndpoint: (context) => new SdpOnly(context) });
  endpoint = (await model.pipelineOf<SdpOnly>('WebRtcEndpoint')).elements[0] as SdpOnly;
  model.subscribe(endpoint, 'MediaSessionStarted', 'ConnectionStateChanged', 'MediaStateChanged');
});
const both = { offerToReceiveAudio: true, offerToReceiveVideo: true };
const fails = (promise: Promise<unknown>, kind: string) => expect(promise).rejects.toMatchObject({ kind });

describe('negotiation', () => {
  it('answers one offer and no second one', async () => {
    await fails(endpoint.processOffer(''), 'SDP_PARSE_ERROR');
    await fails(endpoint.processOffer('garbage'), 'SDP_PARSE_ERROR');
    expect(endpoint.localDescription).toBeUndefined();
    expect(await endpoint.processOffer('offer')).toBe('answer to offer');
    expect([endpoint.localDescription, endpoint.remoteDescription]).toEqual(['answer to offer', 'offer']);
    expect(model.holder.types()).toEqual(['MediaSessionStarted']);
    await fails(endpoint.processOffer('offer'), 'SDP_END_POINT_ALREADY_NEGOTIATED');
    await fails(endpoint.generateOffer(both), 'SDP_END_POINT_ALREADY_NEGOTIATED');
    await fails(endpoint.processAnswer('answer'), 'SDP_END_POINT_NOT_OFFER_GENERATED');
  });

  it('offers, takes one answer and no second one', async () => {
    await fails(endpoint.processAnswer('answer'), 'SDP_END_POINT_NOT_OFFER_GENERATED');
    expect(await endpoint.generateOffer(both)).toBe('our offer');
    await fails(endpoint.generateOffer(both), 'SDP_END_POINT_ALREADY_NEGOTIATED');
    await fails(endpoint.processOffer('offer'), 'SDP_END_POINT_ALREADY_NEGOTIATED');
    await fails(endpoint.processAnswer('garbage'), 'SDP_PARSE_ERROR');
    expect(await endpoint.processAnswer('answer')).toBe('our offer, answered');
    await fails(endpoint.processAnswer('answer'), 'SDP_END_POINT_ANSWER_ALREADY_PROCCESED');
    expect(model.holder.types()).toEqual(['MediaSessionStarted']);
  });

  it('answers again where the endpoint can, without beginning a new session', async () => {
    await endpoint.processOffer('offer');
    endpoint.again = 'restarted';
    expect(await endpoint.processOffer('restart')).toBe('restarted');
    expect(endpoint.remoteDescription).toBe('restart');
    expect(model.holder.types()).toEqual(['MediaSessionStarted']);
  });

  it('works on one description at a time', async () => {
    const [first, second] = await Promise.allSettled([
      endpoint.processOffer('a'),
      endpoint.processOffer('b'),
    ]);
    expect([first.status, second.status]).toEqual(['fulfilled', 'rejected']);
    expect(endpoint.remoteDescription).toBe('a');
  });
});

describe('states and limits', () => {
  it('tells about changes, and only about changes', () => {
    endpoint.connectNow();
    expect(model.holder.events.map(({ type, data }) => [type, data['oldState'], data['newState']])).toEqual([
      ['ConnectionStateChanged', 'DISCONNECTED', 'CONNECTED'],
      ['MediaStateChanged', 'DISCONNECTED', 'CONNECTED'],
    ]);
  });

  it('hands new limits to the endpoint', () => {
    endpoint.setMinVideoBandwidth(120);
    endpoint.setMaxVideoSendBandwidth(900);
    endpoint.setRembParams(new Map([['rembOnConnect', 500_000]]));
    expect(endpoint.limits).toBe(3);
    expect(endpoint.rembParams?.get('rembOnConnect')).toBe(500_000);
    expect(endpoint.rembParams?.get('upLosses')).toBe(12);
  });
});
