/**
 * What of a model is left to be computed: activations melted into the steps that feed them, and tensors that are only
 * other names, or other shapes, for the same numbers taken out. Knows nothing of memory or kernels.
 */
import type { Model, Step } from './tflite';

export class Graph {
  /** To be computed in this order. */
  readonly steps: readonly Step[];
  /** Index of the last step that reads a tensor; Infinity for what the outputs are read from. */
  readonly lastUses: ReadonlyMap<number, number>;
  readonly #model: Model;
  /** Reshapes and concatenations: an output is read from these tensors, one after the other. */
  readonly #views = new Map<number, readonly number[]>();
  /** Channel paddings: the same numbers, more channels on paper. */
  readonly #aliases = new Map<number, number>();
  readonly #constants = new Map<number, Float32Array | Int32Array>();

  constructor(model: Model) {
    this.#model = model;
    this.steps = this.#melt();
    this.lastUses = this.#findLastUses();
  }

  /** The tensor whose numbers this one has. */
  resolve(tensor: number): number {
    return this.#aliases.get(tensor) ?? tensor;
  }

  /** The computed tensors that an output consists of. */
  parts(tensor: number): readonly number[] {
    return this.#views.get(tensor)?.flatMap((inner) => this.parts(inner)) ?? [tensor];
  }

  /** Weights and other numbers of the file. */
  constant(tensor: number | undefined): Float32Array | Int32Array {
    const data =
      tensor === undefined ? undefined : (this.#constants.get(tensor) ?? this.#model.tensors[tensor]?.data);
    if (data === undefined) throw new RangeError('weights are missing');
    return data;
  }

  #melt(): Step[] {
    const steps: Step[] = [];
    const producer = new Map<number, number>();
    const uses = new Map<number, number>();
    for (const { inputs } of this.#model.steps) {
      for (const each of inputs) uses.set(each, (uses.get(each) ?? 0) + 1);
    }
    for (const step of this.#model.steps) {
      const [first] = step.inputs;
      if (first === undefined) throw new RangeError('an operator without input');
      switch (step.operator.type) {
        case 'dequantize':
          // Half-precision weights, which were made floats when they were read.
          this.#constants.set(step.output, this.constant(first));
          break;
        case 'relu': {
          const at = producer.get(first);
          const before = at === undefined ? undefined : steps[at];
          if (
            at === undefined ||
            before === undefined ||
            !('relu' in before.operator) ||
            uses.get(first) !== 1
          ) {
            throw new TypeError('a ReLU that cannot be melted into its input');
          }
          steps[at] = { ...before, operator: { ...before.operator, relu: true }, output: step.output };
          producer.set(step.output, at);
          break;
        }
        case 'reshape':
          this.#views.set(step.output, [first]);
          break;
        case 'concatenate':
          this.#views.set(step.output, step.inputs);
          break;
        case 'pad':
          this.#requireChannelPadding(step);
          this.#aliases.set(step.output, first);
          break;
        case 'convolution':
        case 'depthwise':
        case 'add':
        case 'max-pool':
        case 'resize-bilinear':
          producer.set(step.output, steps.length);
          steps.push(step);
          break;
      }
    }
    return steps;
  }

  #requireChannelPadding(step: Step): void {
    const paddings = this.constant(step.inputs[1]);
    const onlyAfterChannels = paddings.length === 8 && paddings.every((amount, i) => i === 7 || amount === 0);
    if (!onlyAfterChannels) throw new TypeError('only paddings of channels are known');
  }

  #findLastUses(): Map<number, number> {
    const last = new Map<number, number>();
    this.steps.forEach(({ inputs }, index) => {
      for (const input of inputs) last.set(this.resolve(input), index);
    });
    for (const output of this.#model.outputs) for (const part of this.parts(output)) last.set(part, Infinity);
    return last;
  }
}
