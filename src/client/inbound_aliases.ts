import { ProtocolError, type PublishPacket, ReasonCode } from "../codec/mod.ts";

/** What the Topic Aliases of one connection stand for. */
export class InboundAliases {
  readonly #maximum: number;
  readonly #topicNames: string[] = [];

  /** Accepts the aliases from 1 to `maximum` [MQTT-3.3.2-10]. */
  constructor(maximum: number) {
    this.#maximum = maximum;
  }

  /**
   * The Topic Name of a received PUBLISH, which sets it or takes it from its
   * Topic Alias [MQTT-3.3.2-12].
   * @throws {ProtocolError} With 0x94 if the alias is above the maximum, with
   * 0x82 if it stands for nothing.
   */
  topicNameOf({ topicName, properties }: PublishPacket): string {
    const { topicAlias } = properties;
    if (topicAlias === undefined) return topicName;
    if (topicAlias > this.#maximum) {
      throw new ProtocolError(
        `Cannot accept PUBLISH: Topic Alias is ${topicAlias}, the Topic ` +
          `Alias Maximum is ${this.#maximum}`,
        ReasonCode.topicAliasInvalid,
      );
    }
    if (topicName !== "") this.#topicNames[topicAlias] = topicName;
    const known = this.#topicNames[topicAlias];
    if (known !== undefined) return known;
    throw new ProtocolError(
      `Cannot accept PUBLISH: Topic Alias ${topicAlias} is not set`,
    );
  }
}
