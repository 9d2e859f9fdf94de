import type { Model } from '@resmask/contracts/registry.v1';
import { checkText } from '../change/check-text.js';
import { readUpdateMask } from '../change/update-mask.js';
import { type Labels, readLabels } from './model-labels.js';

/** What may change of a model. */
export type ModelValues = { readonly description?: string; readonly labels?: Labels };

/**
 * Reads what an update names. Without a mask labels that are left out stay as they are: who sends none may not know of them.
 * @throws DomainError FIELD_INVALID.
 */
export function readModelValues({ description, labels }: Model, mask: readonly string[] = []): ModelValues {
  const named = mask.length > 0 || Object.keys(labels).length > 0 ? mask : ['description'];
  const fields = readUpdateMask(named, ['description', 'labels']);
  return {
    ...(fields.has('description') && { description: checkText(description, 'model.description') }),
    ...(fields.has('labels') && { labels: readLabels(labels, 'model.labels') }),
  };
}
