# SPDX-License-Identifier: Apache-2.0
# draw: the quick run has ten minutes.  It takes what guards the main job each
# time, and of the rest some by lot, so that all have their turn as it is run
# again and again.  The seed is printed: --seed repeats a draw.

DRAW_COUNT=3
DRAWN=

# draw: draws, unless everything that was asked for is to be run.
draw()
{
	local name
	[ -z "$ALL$KERNEL" ] && [ ${#NAMES[@]} -eq 0 ] || return 0
	DRAWN=" $(for name in dist $(cases_for_draw); do
		printf '%s %s\n' "$(hash_of <<<"$SEED $name")" "$name"
	done | sort | head -n $DRAW_COUNT | cut -d' ' -f2 | tr '\n' ' ')"
	printf 'drawn with --seed %s:%s\n' "$SEED" "${DRAWN% }"
}

# drawn NAME: has it its turn?
drawn()
{
	[ -z "$DRAWN" ] || [[ "$DRAWN" == *" $1 "* ]]
}
