/* SPDX-License-Identifier: Apache-2.0 */

/* settings: what people have set for the provider in OVS's database, as
 * other_config:nft-offload-KEY.  The keys: option.h.  Main thread only. */

#ifndef SETTINGS_H
#define SETTINGS_H 1

struct nfo_options;
struct smap;

/* Takes into 'options' what 'other_config' says: a key that is not there has
 * its default; a wrong value is logged, and what was so before stays. */
void settings_update(struct nfo_options *options, const struct smap *other_config);

#endif /* settings.h */
