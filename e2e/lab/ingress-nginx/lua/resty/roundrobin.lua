-- Picks nodes in turn, each as often as its weight says. Stands in for the library that Debian does not package.
local _M = {}
_M.__index = _M

local function expand(nodes)
  local order = {}
  for id, weight in pairs(nodes) do
    for _ = 1, weight do
      order[#order + 1] = id
    end
  end
  table.sort(order)
  return order
end

function _M.new(_, nodes)
  local self = setmetatable({}, _M)
  self:reinit(nodes)
  return self
end

function _M.reinit(self, nodes)
  self.nodes = nodes
  self.order = expand(nodes)
  self.turn = math.random(0, 1000)
end

function _M.find(self)
  if #self.order == 0 then
    return nil, "no nodes"
  end
  self.turn = self.turn + 1
  return self.order[self.turn % #self.order + 1]
end

return _M
