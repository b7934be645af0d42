// SPDX-License-Identifier: GPL-2.0-only
/*
 * The only writer of a device's state, phase and result: one table of what
 * may follow what, one place where time is taken and the world is told.
 */
#include "csw.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

static const char * const state_names[] = {
	[CODESWAP_DEVICE_STATE_MINIMAL] = "minimal",
	[CODESWAP_DEVICE_STATE_RUNNING] = "running",
	[CODESWAP_DEVICE_STATE_FAILED] = "failed",
};

static const char * const phase_names[] = {
	[CODESWAP_PHASE_IDLE] = "idle",
	[CODESWAP_PHASE_STAGING] = "staging",
	[CODESWAP_PHASE_STAGED] = "staged",
	[CODESWAP_PHASE_RECONCILING] = "reconciling",
	[CODESWAP_PHASE_READY] = "ready",
	[CODESWAP_PHASE_QUIESCING] = "quiescing",
	[CODESWAP_PHASE_OVERLAYING] = "overlaying",
	[CODESWAP_PHASE_VERIFYING] = "verifying",
	[CODESWAP_PHASE_PROVING] = "proving",
};

static const char * const result_names[] = {
	[CODESWAP_RESULT_NONE] = "none",
	[CODESWAP_RESULT_SUCCESS] = "success",
	[CODESWAP_RESULT_REFUSED] = "refused",
	[CODESWAP_RESULT_CANCELLED] = "cancelled",
	[CODESWAP_RESULT_ROLLED_BACK] = "rolled-back",
	[CODESWAP_RESULT_NEED_RESET] = "need-reset",
	[CODESWAP_RESULT_FAILED] = "failed",
};

static const char * const reason_names[] = {
	[CODESWAP_REASON_NONE] = "none",
	[CODESWAP_REASON_NOT_AN_IMAGE] = "not-an-image",
	[CODESWAP_REASON_TOO_NEW] = "too-new",
	[CODESWAP_REASON_MALFORMED] = "malformed",
	[CODESWAP_REASON_TRUNCATED] = "truncated",
	[CODESWAP_REASON_DIGEST] = "digest",
	[CODESWAP_REASON_SIGNATURE] = "signature",
	[CODESWAP_REASON_DEVICE_TYPE] = "device-type",
	[CODESWAP_REASON_TOO_LARGE] = "too-large",
	[CODESWAP_REASON_DOWNGRADE] = "downgrade",
	[CODESWAP_REASON_SECURITY_VERSION] = "security-version",
	[CODESWAP_REASON_CAPABILITY_LOST] = "capability-lost",
	[CODESWAP_REASON_CAPABILITY_MISSING] = "capability-missing",
	[CODESWAP_REASON_STATE_FORMAT] = "state-format",
	[CODESWAP_REASON_BOOTSTRAP_REFUSED] = "bootstrap-refused",
	[CODESWAP_REASON_BOOTSTRAP_CRASH] = "bootstrap-crash",
	[CODESWAP_REASON_BOOTSTRAP_HANG] = "bootstrap-hang",
	[CODESWAP_REASON_TIMEOUT] = "timeout",
	[CODESWAP_REASON_VERIFY] = "verify",
	[CODESWAP_REASON_NOT_HEALTHY] = "not-healthy",
	[CODESWAP_REASON_CRASH] = "crash",
	[CODESWAP_REASON_CANCELLED] = "cancelled",
	[CODESWAP_REASON_INTERRUPTED] = "interrupted",
	[CODESWAP_REASON_DEVICE_GONE] = "device-gone",
	[CODESWAP_REASON_BUSY] = "busy",
	[CODESWAP_REASON_NO_IMAGE] = "no-image",
	[CODESWAP_REASON_NO_MEMORY] = "no-memory",
	[CODESWAP_REASON_NOT_RUNNING] = "not-running",
	[CODESWAP_REASON_OVER_BUDGET] = "over-budget",
	[CODESWAP_REASON_DRIVER] = "driver",
};

#define NAME_OF(names, i)	((i) < ARRAY_SIZE(names) ? (names)[i] : "?")

const char *csw_state_name(enum codeswap_device_state state)
{
	return NAME_OF(state_names, state);
}

const char *csw_phase_name(enum codeswap_phase phase)
{
	return NAME_OF(phase_names, phase);
}

const char *csw_result_name(enum codeswap_result result)
{
	return NAME_OF(result_names, result);
}

const char *csw_reason_name(enum codeswap_reason reason)
{
	return NAME_OF(reason_names, reason);
}

#define TO(phase)	BIT(CODESWAP_PHASE_##phase)

/* What may follow a phase. Any may end in idle. */
static const unsigned int next_phases[CSW_PHASES] = {
	[CODESWAP_PHASE_IDLE] = TO(STAGING),
	[CODESWAP_PHASE_STAGING] = TO(STAGED) | TO(IDLE),
	/* A device in its boot ROM has nothing to reconcile or to quiesce. */
	[CODESWAP_PHASE_STAGED] = TO(RECONCILING) | TO(OVERLAYING) | TO(IDLE),
	[CODESWAP_PHASE_RECONCILING] = TO(READY) | TO(IDLE),
	[CODESWAP_PHASE_READY] = TO(QUIESCING) | TO(IDLE),
	[CODESWAP_PHASE_QUIESCING] = TO(OVERLAYING) | TO(IDLE),
	[CODESWAP_PHASE_OVERLAYING] = TO(VERIFYING) | TO(IDLE),
	[CODESWAP_PHASE_VERIFYING] = TO(PROVING) | TO(IDLE),
	[CODESWAP_PHASE_PROVING] = TO(IDLE),
};

/**
 * csw_set_state() - what the device runs has changed
 * @cdev: device, @cdev->lock held
 * @state: new one; every state may follow every other, because a device can
 *	be reset or crash at any time
 */
void csw_set_state(struct codeswap_device *cdev,
		   enum codeswap_device_state state)
{
	lockdep_assert_held(&cdev->lock);
	trace_codeswap_state(cdev, csw_state_name(cdev->status.state),
			     csw_state_name(state));
	cdev->status.state = state;
}

/**
 * csw_set_phase() - an update enters a phase
 * @cdev: device, @cdev->lock held
 * @phase: new one, allowed after the present one
 */
void csw_set_phase(struct codeswap_device *cdev, enum codeswap_phase phase)
{
	struct csw_status *s = &cdev->status;
	ktime_t now = ktime_get();

	lockdep_assert_held(&cdev->lock);
	WARN_ONCE(!(next_phases[s->phase] & BIT(phase)),
		  "codeswap: phase %s after %s", csw_phase_name(phase),
		  csw_phase_name(s->phase));
	trace_codeswap_phase(cdev, csw_phase_name(s->phase),
			     csw_phase_name(phase));
	if (s->phase == CODESWAP_PHASE_IDLE)
		memset(s->phase_ns, 0, sizeof(s->phase_ns));
	else
		s->phase_ns[s->phase] += ktime_to_ns(ktime_sub(now, cdev->phase_since));
	s->phase = phase;
	s->progress = 0;
	cdev->phase_since = now;
}

/**
 * csw_set_result() - an update has ended
 * @cdev: device, @cdev->lock held; still in the phase that it ended in
 * @result: how
 * @err: why, if it is not success; or what there was instead to be done
 */
void csw_set_result(struct codeswap_device *cdev, enum codeswap_result result,
		    const struct csw_error *err)
{
	struct csw_status *s = &cdev->status;

	lockdep_assert_held(&cdev->lock);
	trace_codeswap_result(cdev, csw_result_name(s->result),
			      csw_result_name(result));
	s->result = result;
	s->error_phase = s->phase;
	if (err)
		s->error = *err;
	else
		memset(&s->error, 0, sizeof(s->error));
	/* With a sentence it did nothing, and says so. */
	if (result == CODESWAP_RESULT_SUCCESS && !err)
		s->swaps++;
}

/**
 * csw_set_again() - what ran until now runs again
 * @cdev: device, @cdev->lock held
 *
 * It has been loaded, but why it had to be is the result that matters.
 */
void csw_set_again(struct codeswap_device *cdev)
{
	lockdep_assert_held(&cdev->lock);
	cdev->status.swaps++;
}

/**
 * csw_set_plan() - what the update that is on will do to running memory
 * @cdev: device, @cdev->lock held
 * @plan: by csw_check_plan()
 */
void csw_set_plan(struct codeswap_device *cdev, const struct csw_plan *plan)
{
	lockdep_assert_held(&cdev->lock);
	cdev->status.overlay_bytes = plan->bytes;
	cdev->status.overlay_extents = plan->extents;
	cdev->status.predicted_ns = plan->predicted_ns;
}

/**
 * csw_set_blackout() - the device serves I/O again
 * @cdev: device, @cdev->lock held
 * @ns: time that it did not
 */
void csw_set_blackout(struct codeswap_device *cdev, u64 ns)
{
	lockdep_assert_held(&cdev->lock);
	cdev->status.blackout_ns = ns;
}

/**
 * csw_set_progress() - of the present phase
 * @cdev: device, @cdev->lock held
 * @percent: 0 to 100
 */
void csw_set_progress(struct codeswap_device *cdev, u32 percent)
{
	lockdep_assert_held(&cdev->lock);
	cdev->status.progress = min(percent, 100U);
}

/**
 * csw_get_status() - all that is shown of a device, of one moment
 * @cdev: device
 * @status: set
 *
 * Context: process; takes @cdev->lock.
 */
void csw_get_status(struct codeswap_device *cdev, struct csw_status *status)
{
	mutex_lock(&cdev->lock);
	*status = cdev->status;
	if (status->phase != CODESWAP_PHASE_IDLE)
		status->phase_ns[status->phase] +=
			ktime_to_ns(ktime_sub(ktime_get(), cdev->phase_since));
	mutex_unlock(&cdev->lock);
}

void csw_enter_state(struct codeswap_device *cdev,
		     enum codeswap_device_state state)
{
	bool changed;

	mutex_lock(&cdev->lock);
	changed = cdev->status.state != state;
	csw_set_state(cdev, state);
	mutex_unlock(&cdev->lock);
	csw_notify_device(cdev);
	if (changed)
		kobject_uevent(&cdev->dev.kobj, KOBJ_CHANGE);
}

void csw_enter_phase(struct codeswap_device *cdev, enum codeswap_phase phase)
{
	mutex_lock(&cdev->lock);
	csw_set_phase(cdev, phase);
	mutex_unlock(&cdev->lock);
	csw_notify_device(cdev);
}
