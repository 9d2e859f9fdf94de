import type { ServerUnaryCall } from '@grpc/grpc-js';
import { Injectable } from '@nestjs/common';
import type { ExplainRequest, ExplainResponse } from '@resmask/contracts/inference.v1';
import { Engine } from '@resmask/engine';
import { integerField } from '../integer-field.js';
import { ServingModels } from '../model/serving-models.js';
import { callDeadline } from './call-deadline.js';
import { toExplanationWish } from './explain.messages.js';
import { toFaceMessage, toImageInput, toRegions } from './recognition.messages.js';
import { takeTurn } from './unary-turn.js';

/** Explanations cost up to fifty times what recognising does, so an image gets fewer. */
const MAX_FACES = 16;

/** Explains single images. */
@Injectable()
export class ExplainService {
  constructor(
    readonly models: ServingModels,
    readonly engine: Engine,
  ) {}

  async explain(
    request: ExplainRequest,
    call: ServerUnaryCall<ExplainRequest, ExplainResponse>,
  ): Promise<ExplainResponse> {
    const { regions, maxFaces, image } = request;
    const wish = toExplanationWish(request.options);
    const wanted = {
      image: toImageInput(image),
      regions: toRegions(regions, MAX_FACES),
      maxFaces: integerField(maxFaces, 'max_faces', MAX_FACES, `meaning ${MAX_FACES}`) || MAX_FACES,
      minFaceSize: 0,
      alignment: false,
      scene: false,
      deadline: callDeadline(call),
    };
    return takeTurn(this, request, call, async ({ use: { classifier, detector, labels }, recognize }) => {
      const explain = { explainer: () => this.engine.acquireExplainer(classifier.version), ...wish };
      const { width, height, faces } = await recognize({ ...wanted, explain });
      return {
        model: classifier.version.name,
        detector: regions.length > 0 ? '' : (detector?.version.name ?? ''),
        width,
        height,
        faces: faces.map((face) => toFaceMessage(face, labels, 0)),
      };
    });
  }
}
