-- SPDX-License-Identifier: GPL-2.0-only
-- What wrk does for demo-cells.sh: on each connection a request every PAUSE ms, until the file
-- QUIET is there. When no request is under way any more, the file QUIET.all is, too; so all that
-- have begun have been counted when wrk is told to end. How many were answered in each second
-- since the machine has started is in the file RATE.
local quiet = os.getenv("QUIET")
local rate = io.open(os.getenv("RATE"), "w")
local pause = tonumber(os.getenv("PAUSE"))
local connections = tonumber(os.getenv("CONNECTIONS"))
local idle, second, answers = 0, nil, 0

local function exists(path)
	local file = io.open(path)
	if file then
		file:close()
	end
	return file ~= nil
end

local function uptime()
	local file = io.open("/proc/uptime")
	local now = file:read("*n")
	file:close()
	return math.floor(now)
end

local function count()
	local now = uptime()
	if second and now ~= second then
		rate:write(second, " ", answers, "\n")
		rate:flush()
		answers = 0
	end
	second = now
	answers = answers + 1
end

-- Called on a connection when it has been answered.
function delay()
	count()
	if not exists(quiet) then
		return pause
	end
	idle = idle + 1
	if idle == connections then
		io.open(quiet .. ".all", "w"):close()
	end
	-- Longer than wrk runs.
	return 3600000
end

function done(summary)
	local errors = summary.errors
	io.write("requests ", summary.requests, "\n")
	io.write("not-well ", errors.status, "\n")
	io.write("socket-errors ", errors.connect + errors.read + errors.write, "\n")
	io.write("late ", errors.timeout, "\n")
end
