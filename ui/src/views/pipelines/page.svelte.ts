import { asFailure, pipelines, type ControlFailure } from "../../engine/control";
import type { PipelinePage } from "../../generated/PipelinePage";

/** The owner's pipelines, as they were read last. */
export class PipelinesPage {
  page = $state.raw<PipelinePage | null>(null);
  failure = $state.raw<ControlFailure | null>(null);

  read = async () => {
    try {
      this.page = await pipelines();
      this.failure = null;
    } catch (error) {
      this.failure = asFailure(error);
    }
  };

  entry(name: string | null) {
    return this.page?.pipelines.find(({ form }) => form.name === name) ?? null;
  }
}
